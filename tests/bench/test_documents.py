import json
from pathlib import Path

import pytest

from bench.documents import Bar, judge, leave

BARS = (Bar("idle", "an idle worker's memory", 60, "MB"), Bar("start", "start to ready", 1, "s"))


def test_a_bar_says_what_was_measured_what_was_asked_and_whether_it_was_reached() -> None:
    reached, missed = judge(BARS, {"idle": 60.0, "start": 1.25, "other": 7.0})
    assert reached == {"words": "an idle worker's memory: 60 MB; the bar is 60 MB: reached", "fine": True}
    assert missed == {"words": "start to ready: 1.25 s; the bar is 1 s: missed", "fine": False}


@pytest.mark.parametrize(("speed", "fine"), [(0.5, True), (1.0, False)])
def test_a_time_is_judged_as_it_would_be_at_the_reference_speed_and_told_as_measured_too(
    speed: float, fine: bool
) -> None:
    (bar,) = judge(BARS[1:], {"start": 2.0}, speed)
    assert bar["fine"] is fine
    assert bar["words"].startswith(
        f"start to ready: 2 s as measured, {2 * speed:g} s at the reference speed; the bar is 1 s"
    )


@pytest.mark.parametrize(("start", "code"), [(0.5, 0), (1.5, 1)])
def test_a_bench_leaves_a_document_and_fails_where_a_bar_is_missed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], start: float, code: int
) -> None:
    output = tmp_path / "var" / "one.json"
    bars = judge(BARS, {"idle": 50, "start": start})
    assert leave(output, bars, figures={"start": start}) == code
    written = json.loads(output.read_text())
    assert list(written) == ["at", "machine", "figures", "bars"]
    assert written["bars"] == bars
    assert written["machine"]["cores"] >= 1
    said = capsys.readouterr().out.splitlines()
    assert said == [*(bar["words"] for bar in bars), f"details: {output}"]
