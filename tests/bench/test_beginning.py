from pathlib import Path

import pytest

from bench import beginning
from bench.memory import half_a_gigabyte
from bench.peers import strangler
from bench.scene import Scene, free_port
from proxy.match import Matcher
from proxy.table.load import load_table


def matcher(monkeypatch: pytest.MonkeyPatch, routes: int) -> Matcher:
    monkeypatch.setattr(beginning, "MATCHES", 200)
    return Matcher(load_table(strangler.table(Scene(Path(), 0, 1, 2, routes=routes))))


def test_what_is_matched_is_spread_over_the_whole_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beginning, "ROUTES", 500)
    whole = matcher(monkeypatch, 500)
    assert len({route.name for head in beginning.heads() if (route := whole.match(head))}) == 100
    assert 0 < beginning._match(whole) < 0.01


def test_a_request_that_no_route_claims_is_no_match_and_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beginning, "ROUTES", 500)
    with pytest.raises(SystemExit, match="no route claims"):
        beginning._match(matcher(monkeypatch, 5))


def test_it_is_ready_once_it_answers() -> None:
    assert not beginning._answers(f"http://127.0.0.1:{free_port()}/")
    with half_a_gigabyte() as port:
        assert beginning._answers(f"http://127.0.0.1:{port}/")
