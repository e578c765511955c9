"""A known mismatch, told by deepdiff in its own vocabulary, for people to read. Never part of a verdict.

``python -m shadow.rendering.render N BYTES`` is the process in which that happens: it renders what comes over the connection of descriptor N.
It may be slow and it may grow, so it may take no more than that many bytes of memory, and whoever started it
(shadow/rendering/renderer.py) ends it when it takes too long. deepdiff's Delta and its pickles are never touched; it only ever sees two plain values that we parsed.
"""

from __future__ import annotations

import json
import pickle
import resource
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from deepdiff import DeepDiff
from deepdiff.helper import NotPresent

from proxy.model.path import member_path
from proxy.model.table import CompareRules
from shadow.compare import compare, read_bodies
from shadow.compare.align import Item, Says, align
from shadow.compare.body import Document
from shadow.compare.coding import Unreadable, Unsupported, decoded
from shadow.compare.findings import Findings, Limits
from shadow.compare.media import Media, media_of
from shadow.compare.rules import Place, compiled, hidden_by
from shadow.compare.tree import Tree
from shadow.model import Answer, Kind
from shadow.rendering.told import MAX_SHOWN, Rendered, told

MAX_BODY: Final = 128 * 1024
"""Bytes of a decoded body; deepdiff takes about 0.1 ms per value."""
ORPHANED: Final = 30
"""Seconds after which a rendering that nobody ended ends itself."""
_LIMITS: Final = Limits(depth=100, differences=MAX_SHOWN, decoded=MAX_BODY)

_OF_ITEMS: Final = {
    (Kind.DICTIONARY_ITEM_ADDED.value, Says.ADDED): Kind.ITERABLE_ITEM_ADDED.value,
    (Kind.DICTIONARY_ITEM_REMOVED.value, Says.VALUE): Kind.ITERABLE_ITEM_REMOVED.value,
    (Kind.VALUES_CHANGED.value, Says.REPEATED): Kind.REPETITION_CHANGE.value,
    (Kind.VALUES_CHANGED.value, Says.MOVED): Kind.ITERABLE_ITEM_MOVED.value,
}


def render(control: Answer, candidate: Answer, rules: CompareRules) -> Rendered:
    """The differences of two answers under ``rules`` (every waiver hides, ended or not). Never raises for what the answers hold.

    Where deepdiff has nothing to tell (no document with places, too large, names that occur twice), the comparison's own words are used.
    """
    comparison = compare(control, candidate, rules, today=None, limits=Limits(differences=MAX_SHOWN))
    try:
        body = by_deepdiff(*_trees(control, candidate, compiled(rules, None).body))
    except (Unreadable, Unsupported) as reason:
        return dict(told(comparison, below_body=True)) | {"note": f"not rendered: {reason}"}
    except RecursionError:
        return dict(told(comparison, below_body=True)) | {"note": "not rendered: nested too deep"}
    if not body:
        return dict(told(comparison, below_body=True))
    document = told(comparison, below_body=False)
    for kind, entries in body.items():
        document[kind] += entries
    return dict(document)


def _trees(control: Answer, candidate: Answer, place: Place) -> tuple[Tree, Tree, Place]:
    """Both bodies as the verdict compares them. Raises Unreadable or Unsupported."""
    body, left, right = read_bodies(_coded(control), _coded(candidate))
    if not isinstance(left, Document) or not isinstance(right, Document):
        raise Unreadable("one of the bodies is not what it claims to be")
    trees = body.shape.trees(left.value, right.value, place)
    if trees is None:
        raise Unsupported("bodies of this type have no places")
    return trees


def _coded(answer: Answer) -> tuple[bytes, Media]:
    plain = decoded(answer.body, answer.headers, MAX_BODY)
    if len(plain) > MAX_BODY:
        raise Unsupported(f"the body has more than {MAX_BODY} bytes")
    return plain, media_of(answer.headers)


def by_deepdiff(control: Tree, candidate: Tree, place: Place) -> dict[str, list[dict[str, Any]]]:
    """The differences of two trees under the rules at ``place``. Raises Unsupported."""
    findings = Findings(_LIMITS)
    left, right = align(control, candidate, place, findings)
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
    for kind, levels in tree.items():
        for level in list(levels)[:MAX_SHOWN]:
            steps = level.path(output_format="list")
            name = _kind(kind, steps)
            if _is_hidden(name, steps, place):
                continue
            sides = {"control": level.t1, "candidate": level.t2}
            entry = {"path": _path(steps)}
            entry |= {side: _value(value) for side, value in sides.items() if not isinstance(value, NotPresent)}
            shown.setdefault(name, []).append(entry)
    return shown


def _kind(kind: str, steps: list[Any]) -> str:
    """An aligned list is an object to deepdiff: call its items items again."""
    return _OF_ITEMS.get((kind, steps[-1].says), kind) if steps and isinstance(steps[-1], Item) else kind


def _is_hidden(kind: str, steps: list[Any], place: Place) -> bool:
    """Whether a rule hides differences of this kind there. What is hidden whatever its kind was never shown to deepdiff."""
    limited = place.limited
    for step in steps:
        place = place.child(step.index if isinstance(step, Item) else step)
        limited += place.limited
    return hidden_by(limited, kind) is not None


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


def main() -> None:
    """Until the other end is closed. What does not fit into the memory ends the process."""
    descriptor, memory = map(int, sys.argv[1:])
    most = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() + memory
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    connection = Connection(descriptor)
    connection.send_bytes(b"ready")
    while True:
        try:
            request = connection.recv_bytes()
        except EOFError:
            return
        signal.alarm(ORPHANED)
        rendered = render(*pickle.loads(request))  # noqa: S301 - of the process that started us
        signal.alarm(0)
        connection.send_bytes(json.dumps(rendered).encode())


if __name__ == "__main__":
    main()
