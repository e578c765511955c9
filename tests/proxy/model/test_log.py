"""Logging as processes do it: rendered, throttled, on the real stderr of a real process."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import pty
import re
import subprocess
import sys
import time
from functools import cached_property
from typing import Any

import pytest

from proxy.model.line_writer import LineWriter
from proxy.model.log import (
    LINES_PER_SECOND,
    MAX_VALUE,
    HandOver,
    Throttle,
    render_json,
    rfc3339,
    text_renderer,
    wants_text,
)
from proxy.model.settings import Settings

WHO = {"role": "proxy", "index": 1, "pid": 42}


class Sink:
    """A logger of its own with our handler, and what it wrote."""

    def __init__(self, render: Any = render_json, limit: int = 1000) -> None:
        self._written: list[bytes] = []
        self._writer = LineWriter(self._written.append, limit=limit)
        self.now = 0.0
        self.handler = HandOver(self._writer, render, WHO, lambda: self.now)
        self.log = logging.Logger("proxy.test")  # noqa: LOG001 - one of its own, that no other test shares
        self.log.addHandler(self.handler)

    def wait_until_written(self) -> None:
        self._writer.start()
        deadline = time.monotonic() + 10.0
        while not self._written:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    @cached_property
    def text(self) -> str:
        """All that was written, once the handler is closed."""
        with contextlib.suppress(RuntimeError):  # already started
            self._writer.start()
        self.handler.close()
        return b"".join(self._written).decode()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


def in_process(statement: str, **changes: Any) -> subprocess.CompletedProcess[str]:
    program = (
        "import logging, warnings\nfrom proxy.model.log import set_up_logging\nfrom proxy.model.settings import Settings\n"
        f"set_up_logging(Settings.from_environment(), 'shadow', 3)\n{statement}"
    )
    environment = {**os.environ, **Settings(**changes).to_environment()}
    return subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=30, check=False
    )


def test_an_event_is_one_json_object_with_its_fields_in_order() -> None:
    sink = Sink()
    sink.log.warning("backend %s", "failed", extra={"backend": "orders", "took": 1.5})
    (line,) = sink.lines
    assert list(line) == ["time", "level", "role", "index", "pid", "event", "backend", "took"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert line == {"level": "warning", **WHO, "event": "backend failed", "backend": "orders", "took": 1.5}


def test_time_is_rfc_3339_in_utc() -> None:
    assert rfc3339(0.0) == "1970-01-01T00:00:00.000Z"
    assert rfc3339(1_774_958_400.9876) == "2026-03-31T12:00:00.987Z"


def test_a_field_that_bears_the_name_of_one_of_ours_does_not_replace_it() -> None:
    sink = Sink()
    sink.log.error("x", extra={"role": "forged", "time": "never"})
    (line,) = sink.lines
    assert (line["role"], line["role_"], line["time_"]) == ("proxy", "forged", "never")


@pytest.mark.promise("B132")
@pytest.mark.parametrize("text", ["a\r\n{}", "\x1b[31m", "\u202e", "\ud800", "\x00", "\u2028"])
@pytest.mark.parametrize("render", [render_json, text_renderer(colour=False)])
def test_values_of_strangers_stay_on_their_line(render: Any, text: str) -> None:
    sink = Sink(render)
    sink.log.warning("refused", extra={"target": text, "raw": text.encode("utf-8", "surrogatepass")})
    assert sink.text.count("\n") == 1
    assert sink.text[:-1].isprintable()


def test_a_value_of_any_length_makes_a_line_of_bounded_length() -> None:
    sink = Sink()
    sink.log.warning("refused", extra={"target": "x" * 1_000_000})
    assert len(sink.text) < MAX_VALUE + 500


def test_what_cannot_be_shown_fails_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    class Hostile:
        def __str__(self) -> str:
            raise RuntimeError("no")

    sink = Sink()
    sink.log.warning("odd", extra={"value": Hostile()})
    sink.log.warning("fine")
    assert [line["event"] for line in sink.lines] == ["fine"]
    assert "RuntimeError" in capsys.readouterr().err


def test_an_exception_is_a_field_in_json_and_a_block_below_the_line_for_people() -> None:
    as_json, as_text = Sink(), Sink(text_renderer(colour=False))
    for sink in (as_json, as_text):
        try:
            raise ValueError("why\x1b[2J")
        except ValueError:
            sink.log.exception("failed")
    assert as_json.lines[0]["exception"].startswith("Traceback")
    first, *block = as_text.text.splitlines()
    assert first.endswith("error   proxy/1: failed")
    assert block[0] == "    Traceback (most recent call last):"
    assert block[-1] == "    ValueError"


def test_people_get_pairs_and_quotes_where_needed() -> None:
    sink = Sink(text_renderer(colour=False))
    sink.log.info("process started", extra={"child": "proxy/0", "how": "exit code 1", "nothing": ""})
    assert sink.text.endswith('info    proxy/1: process started  child=proxy/0  how="exit code 1"  nothing=""\n')


def test_a_storm_of_one_event_is_cut_short_and_counted() -> None:
    sink = Sink()
    for _ in range(LINES_PER_SECOND + 20):
        sink.log.warning("backend failed")
    sink.log.warning("another event")
    sink.now = 1.0
    sink.log.warning("backend failed")
    lines = sink.lines
    assert len(lines) == LINES_PER_SECOND + 2
    assert [line["event"] for line in lines[-2:]] == ["another event", "backend failed"]
    assert lines[-1]["left_out"] == 20


def test_what_was_left_out_last_is_told_at_the_end() -> None:
    sink = Sink()
    for _ in range(LINES_PER_SECOND + 7):
        sink.log.warning("backend failed")
    last = sink.lines[-1]
    assert (last["event"], last["of"], last["left_out"]) == ("lines left out", "proxy.test backend failed", 7)


def test_lines_that_found_no_room_are_told_with_the_next_one() -> None:
    sink = Sink(limit=2)
    for number in range(5):
        sink.log.warning("event", extra={"number": number})
    sink.wait_until_written()
    sink.log.warning("event", extra={"number": 5})
    assert [(line["number"], line.get("dropped_before")) for line in sink.lines] == [(0, None), (1, None), (5, 3)]


def test_the_throttle_forgets_rather_than_grows() -> None:
    throttle = Throttle(1)
    for number in range(Throttle.MAX_KINDS * 3):
        assert throttle.admit(str(number), 0.0) == 0
    assert len(throttle.__dict__["_kinds"]) <= Throttle.MAX_KINDS


@pytest.mark.parametrize(
    ("log_format", "is_terminal", "text"),
    [("auto", True, True), ("auto", False, False), ("json", True, False), ("text", False, True)],
)
def test_the_format_is_for_people_when_somebody_is_watching(log_format: str, is_terminal: bool, text: bool) -> None:
    assert wants_text(log_format, is_terminal=is_terminal) is text


def test_an_unknown_format_says_which_ones_there_are() -> None:
    with pytest.raises(ValueError, match="use one of auto, json, text"):
        wants_text("xml", is_terminal=False)


def test_a_process_logs_json_to_stderr_down_to_its_level() -> None:
    done = in_process(
        "logging.getLogger('proxy').info('no'); logging.getLogger('proxy').warning('yes')", log_level="warning"
    )
    (line,) = [json.loads(line) for line in done.stderr.splitlines()]
    assert (line["role"], line["index"], line["event"]) == ("shadow", 3, "yes")
    assert done.stdout == ""


def test_warnings_and_what_ends_a_process_are_logged_too() -> None:
    done = in_process("warnings.warn('careful'); raise RuntimeError('the end')")
    warning, failed = [json.loads(line) for line in done.stderr.splitlines()]
    assert "careful" in warning["event"]
    assert (failed["level"], failed["event"]) == ("critical", "failed")
    assert failed["exception"].endswith("\nRuntimeError")
    assert "the end" not in done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_a_terminal_gets_text_and_colours_unless_no_color_is_set(no_color: str, coloured: bool) -> None:
    ours, theirs = pty.openpty()
    program = (
        "import logging\nfrom proxy.model.log import set_up_logging\nfrom proxy.model.settings import Settings\n"
        "set_up_logging(Settings(), 'console'); logging.getLogger('proxy').warning('hello')"
    )
    environment = {**os.environ, "NO_COLOR": no_color}
    subprocess.run([sys.executable, "-c", program], env=environment, stderr=theirs, timeout=30, check=True)
    os.close(theirs)
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    assert "console/0: hello" in shown
    assert ("\x1b[33m" in shown) is coloured
