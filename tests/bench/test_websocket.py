from pathlib import Path

import pytest

from bench import websocket


def measured(rate: float) -> list[dict[str, float]]:
    return [{"messages_per_cpu_second": rate * factor} for factor in (1, 2, 3)]


def test_the_bar_is_about_the_median_of_the_rounds_ratios_to_nginx() -> None:
    figures = websocket.results({"strangler": measured(69), "nginx": measured(100)})
    assert figures["strangler"]["ratio"] == 0.69
    (missed,) = websocket.bars(figures)
    assert not missed["fine"]
    assert (
        missed["words"]
        == "strangler, WebSocket: 0.69 times the messages of nginx per CPU-second; the bar is 0.70: missed"
    )
    (reached,) = websocket.bars(websocket.results({"strangler": measured(70), "nginx": measured(100)}))
    assert reached["fine"]


@pytest.mark.heavy
def test_messages_come_back_from_a_real_origin(tmp_path: Path) -> None:
    with websocket.echo(tmp_path) as port:
        seen = websocket.load(port, 0.2)
    assert seen["messages"] >= 2 * websocket.CONNECTIONS
    assert 0 < seen["p50_ms"] <= seen["p99_ms"]


def test_each_connection_sends_a_message_even_if_the_time_is_over_before_it_has_come_about(tmp_path: Path) -> None:
    with websocket.echo(tmp_path) as port:
        assert websocket.load(port, 0.0)["messages"] == 2 * websocket.CONNECTIONS
