"""A known mismatch, told by deepdiff in its own vocabulary, for people to read. Slow, so bounded, and never part of a verdict.

deepdiff's Delta and its pickles are never touched; it only ever sees two plain values that we parsed.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

from deepdiff import DeepDiff
from deepdiff.helper import NotPresent

from proxy.model.path import member_path
from proxy.model.table import CompareRules
from shadow.compare import compare
from shadow.compare.align import Item, Times, align
from shadow.compare.charset import read_text
from shadow.compare.coding import Unreadable, Unsupported, decoded
from shadow.compare.findings import Findings, Limits
from shadow.compare.media import media_of
from shadow.compare.rules import compiled
from shadow.compare.tree import Tree, read_tree
from shadow.model import Answer, Comparison, Kind

MAX_BODY: Final = 128 * 1024
"""Bytes of a decoded JSON body; deepdiff takes about 0.1 ms per value."""
MAX_SHOWN: Final = 200
"""Differences rendered."""
_LIMITS: Final = Limits(depth=100, differences=MAX_SHOWN, decoded=MAX_BODY)

Rendered = dict[str, Any]
"""``{"values_changed": [{"path": "$.total", "control": 1, "candidate": 2}], ...}`` with JSON values; a side that has no value there
has no entry. ``"note"`` says why a body could not be rendered."""


def render(control: Answer, candidate: Answer, rules: CompareRules) -> Rendered:
    """The differences of two answers under ``rules`` (every waiver hides, ended or not). Never raises for what the answers hold.

    Where deepdiff has nothing to tell (no JSON, too large, names that occur twice), the comparison's own words are used.
    """
    comparison = compare(control, candidate, rules, today=None, limits=Limits(differences=MAX_SHOWN))
    told = _told(comparison, below_body=False)
    try:
        body = _by_deepdiff(_tree(control), _tree(candidate), rules)
    except (Unreadable, Unsupported) as reason:
        told = _told(comparison, below_body=True)
        told["note"] = f"not rendered as JSON: {reason}"
        return dict(told)
    except RecursionError:
        told = _told(comparison, below_body=True)
        told["note"] = "not rendered: nested too deep"
        return dict(told)
    if not body:
        return dict(_told(comparison, below_body=True))
    for kind, entries in body.items():
        told[kind] += entries
    return dict(told)


def _told(comparison: Comparison, *, below_body: bool) -> defaultdict[str, Any]:
    """The comparison's own words: values as short JSON text."""
    told: defaultdict[str, Any] = defaultdict(list)
    for difference in comparison.differences:
        if below_body or not difference.path.startswith("$"):
            sides = {"control": difference.control, "candidate": difference.candidate}
            told[difference.kind.value].append(
                {"path": difference.path} | {side: text for side, text in sides.items() if text is not None}
            )
    return told


def _tree(answer: Answer) -> Tree:
    plain = decoded(answer.body, answer.headers, MAX_BODY)
    if len(plain) > MAX_BODY:
        raise Unsupported(f"the body has more than {MAX_BODY} bytes")
    return read_tree(read_text(plain, media_of(answer.headers).charset, json_body=True).text)


def _by_deepdiff(control: Tree, candidate: Tree, rules: CompareRules) -> dict[str, list[dict[str, Any]]]:
    findings = Findings(_LIMITS)
    left, right = align(control, candidate, compiled(rules, None).body, findings)
    if findings.limit is not None:
        raise Unsupported(findings.limit)
    tree = DeepDiff(
        left,
        right,
        view="tree",
        ignore_order=False,  # lists that may be in any order are aligned already, in linear time
        zip_ordered_iterables=True,  # by position, as in the verdict
        threshold_to_diff_deeper=0,  # never one change for a whole object
        ignore_private_variables=False,  # __typename is data
        ignore_nan_inequality=True,
    )
    shown: dict[str, list[dict[str, Any]]] = {}
    for told, levels in tree.items():
        for level in list(levels)[:MAX_SHOWN]:
            steps = level.path(output_format="list")
            sides = {"control": level.t1, "candidate": level.t2}
            entry = {"path": _path(steps)}
            entry |= {side: _value(value) for side, value in sides.items() if not isinstance(value, NotPresent)}
            kind = Kind.REPETITION_CHANGE.value if isinstance(level.t1, Times) else _kind(told, steps)
            shown.setdefault(kind, []).append(entry)
    return shown


def _kind(told: str, steps: list[Any]) -> str:
    """An aligned list is an object to deepdiff: call its items items again."""
    if steps and isinstance(steps[-1], Item):
        return {
            Kind.DICTIONARY_ITEM_ADDED.value: Kind.ITERABLE_ITEM_ADDED.value,
            Kind.DICTIONARY_ITEM_REMOVED.value: Kind.ITERABLE_ITEM_REMOVED.value,
        }.get(told, told)
    return told


def _path(steps: list[Any]) -> str:
    path = "$"
    for step in steps:
        path = member_path(path, step) if isinstance(step, str) else f"{path}[{getattr(step, 'index', step)}]"
    return path


def _value(value: Any) -> Any:
    """Back to JSON values."""
    if isinstance(value, dict):
        if value and all(isinstance(name, Item) for name in value):
            return [_value(item) for item in value.values()]
        return {name: _value(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_value(item) for item in value]
    return value
