"""deepdiff works in a process that can be ended."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from shadow.rendering.renderer import Renderer
from tests.shadow.answers import NO_RULES, json_answer

SLOW = 1.0


@pytest.fixture
def renderer() -> Iterator[Renderer]:
    with Renderer(seconds=SLOW) as one:
        yield one


def test_it_renders_one_pair_after_another_in_one_process(renderer: Renderer) -> None:
    assert renderer.pid is None
    pids = set()
    for number in range(3):
        rendered = renderer.render(json_answer({"a": 0}), json_answer({"a": number + 1}), NO_RULES)
        assert rendered == {"values_changed": [{"path": "$.a", "control": 0, "candidate": number + 1}]}
        pids.add(renderer.pid)
    (pid,) = pids
    renderer.close()
    assert not Path(f"/proc/{pid}").exists()


def quadratic(lines: int) -> tuple[str, str]:
    """Two texts for which difflib, which deepdiff uses, takes more than quadratic time: their lines are often alike, never long so."""
    left, right = ("\n".join(str(number * step % 101) for number in range(lines)) for step in (1, 7))
    return left, right


def test_what_deepdiff_would_work_on_for_half_a_minute_is_cut_off(renderer: Renderer) -> None:
    left, right = quadratic(12_000)
    renderer.render(json_answer(0), json_answer(1), NO_RULES)  # the process is there
    began = time.monotonic()
    rendered = renderer.render(json_answer({"text": left, "n": 1}), json_answer({"text": right, "n": 2}), NO_RULES)
    assert time.monotonic() - began < SLOW + 2
    assert rendered["note"] == "too large to render"
    assert [entry["path"] for entry in rendered["values_changed"]] == ["$.text", "$.n"]
    assert renderer.pid is None
    assert "note" not in renderer.render(json_answer({"a": 0}), json_answer({"a": 1}), NO_RULES)


def test_what_needs_too_much_memory_is_cut_off() -> None:
    with Renderer(memory=1024 * 1024) as renderer:
        rendered = renderer.render(json_answer({"a": [0] * 20_000}), json_answer({"a": [1] * 20_000}), NO_RULES)
    assert rendered["note"] == "too large to render"
    assert rendered["values_changed"][0]["path"] == "$.a[0]"


def test_a_process_that_ends_early_is_no_failure(renderer: Renderer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shadow.rendering.renderer._COMMAND", ("/bin/false",))
    assert renderer.render(json_answer(0), json_answer(1), NO_RULES)["note"] == "too large to render"


async def test_it_refuses_to_block_an_event_loop(renderer: Renderer) -> None:
    with pytest.raises(RuntimeError, match="event loop"):
        renderer.render(json_answer(0), json_answer(1), NO_RULES)
    rendered = await asyncio.to_thread(renderer.render, json_answer([0]), json_answer([1]), NO_RULES)
    assert json.dumps(rendered) == '{"values_changed": [{"path": "$[0]", "control": 0, "candidate": 1}]}'
