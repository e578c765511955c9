"""Runs the scenario files beside it: a table, some traffic, and what must come of it. Everything in pure code, no sockets.

A file has ``steps``; a step has a ``table`` (as in routes.yaml, without ``version``) and its ``traffic``. Of a request, ``send`` is
the method and target; ``user``, ``host`` and ``headers`` are optional; ``answers`` are those of the backends, ``legacy_again`` the
monolith's when asked once more. Whatever else is given is expected: route, stage, answered_by, copied_to, skip, outcome,
signatures (place and kind).
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from proxy.model.message import RequestHead
from proxy.model.table import LEGACY
from proxy.routing import Routing
from proxy.table.load import load_table
from shadow.classify import Classified, classify
from shadow.model import Answer

FILES = sorted(Path(__file__).parent.glob("*.yaml"))
TODAY = date(2026, 11, 21)


def steps() -> list[Any]:
    return [
        pytest.param(step, id=f"{path.stem}-{number}")
        for path in FILES
        for number, step in enumerate(yaml.safe_load(path.read_text(encoding="utf-8"))["steps"], start=1)
    ]


def no_dice() -> float:
    raise AssertionError("a scenario leaves nothing to chance")


def head_of(request: dict[str, Any]) -> RequestHead:
    method, target = request["send"].split(" ", 1)
    fields = {"Host": request.get("host", "example.com"), **request.get("headers", {})}
    if "user" in request:
        fields["X-User-Id"] = request["user"]
    return RequestHead.from_headers(
        method.encode(), target.encode(), [(name.encode(), value.encode()) for name, value in fields.items()]
    )


def answer_of(given: dict[str, Any] | None) -> Answer | None:
    if given is None:
        return None
    return Answer(given["status"], [(b"Content-Type", b"application/json")], json.dumps(given["json"]).encode())


def classified(request: dict[str, Any], routing: Routing, route: str) -> Classified:
    answers = request["answers"]
    (candidate,) = set(answers) - {LEGACY, "legacy_again"}
    control, judged = answer_of(answers[LEGACY]), answer_of(answers[candidate])
    assert control is not None
    assert judged is not None
    (rules,) = (known.compare for known in routing.table.routes if known.name == route)
    return classify(control, judged, answer_of(answers.get("legacy_again")), rules, today=TODAY)


@pytest.mark.parametrize("step", steps())
def test_a_step_of_a_scenario_goes_as_written(step: dict[str, Any]) -> None:
    routing = Routing(load_table(json.dumps({"version": 1, **step["table"]})), b"k" * 32)
    for request in step["traffic"]:
        decision, _, _ = routing.decide(head_of(request), no_dice)
        came: dict[str, Any] = {
            "route": decision.route.name,
            "stage": decision.route.stage,
            "answered_by": decision.primary.name,
            "copied_to": decision.shadow.name if decision.shadow else None,
            "skip": decision.skip,
        }
        if "answers" in request:
            result = classified(request, routing, decision.route.name)
            came["outcome"] = result.outcome
            came["signatures"] = [[one.place, one.kind] for one in result.comparison.differences]
        expected = {name: value for name, value in request.items() if name in came}
        assert expected, f"nothing is expected of {request['send']}"
        assert {name: came[name] for name in expected} == expected, request["send"]


def test_there_are_scenarios() -> None:
    assert len(FILES) >= 3
