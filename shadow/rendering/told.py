"""Differences as a document for people, by kind."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

from proxy.model.table import CompareRules
from shadow.compare import Limits, compare
from shadow.model import Answer, Comparison

MAX_SHOWN: Final = 200
"""Differences told."""

Rendered = dict[str, Any]
"""``{"values_changed": [{"path": "$.total", "control": 1, "candidate": 2}], ...}`` with JSON values; a side that has no value there
has no entry. ``"note"`` says why a body could not be rendered; then values are short JSON text."""


def told(comparison: Comparison, *, below_body: bool) -> defaultdict[str, Any]:
    """The comparison's own words: values as short JSON text."""
    document: defaultdict[str, Any] = defaultdict(list)
    for difference in comparison.differences:
        if below_body or not difference.path.startswith("$"):
            sides = {"control": difference.control, "candidate": difference.candidate}
            document[difference.kind.value].append(
                {"path": difference.path} | {side: text for side, text in sides.items() if text is not None}
            )
    return document


def told_plainly(control: Answer, candidate: Answer, rules: CompareRules, limits: Limits, note: str) -> Rendered:
    """All in the comparison's own words. Every waiver hides, ended or not."""
    document = told(compare(control, candidate, rules, today=None, limits=limits), below_body=True)
    document["note"] = note
    return dict(document)
