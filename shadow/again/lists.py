"""The lists that stand at a place in kept pairs: what they hold may tell what their items are named by. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from proxy.model.path import Step, Wild, parse_path
from shadow.store.records import StoredAnswer, StoredPair

Lists = tuple[list[Any], list[Any]]
"""The control's and the candidate's."""


def lists_at(path: str, pairs: Iterable[StoredPair]) -> Iterator[Lists]:
    """Of each pair in which both answers are JSON with a list that is not empty there; of several such places the first."""
    steps = parse_path(path)
    for pair in pairs:
        control, candidate = _list(pair.control, steps), _list(pair.candidate, steps)
        if control and candidate:
            yield control, candidate


def _list(answer: StoredAnswer | None, steps: tuple[Step, ...]) -> list[Any]:
    if answer is None or answer.body.note is not None:
        return []
    try:
        here = json.loads(answer.body.text)
    except (ValueError, RecursionError):
        return []
    for step in steps:
        here = _child(here, step)
    return here if isinstance(here, list) else []


def _child(here: Any, step: Step) -> Any:
    if isinstance(here, dict):
        return here.get(step) if isinstance(step, str) else next(iter(here.values()), None)
    if isinstance(here, list) and step is Wild.ITEM:
        return next(iter(here), None)
    return None
