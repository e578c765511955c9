"""Where two bodies part, and what is shown of them there."""

from __future__ import annotations

import hashlib
from typing import Final

from shadow.compare.findings import Findings
from shadow.compare.rules import Place
from shadow.compare.tree import Tree, quoted, shown
from shadow.model import Kind

_BYTES: Final = 16
_BEFORE: Final = 30
"""Characters of a line that are shown before the first one that differs."""
_LINE: Final = 60
"""Characters shown of the line before."""


def first_difference(control: str | bytes, candidate: str | bytes) -> int:
    """The first index at which two sequences differ, found by halving: slices are compared at C speed."""
    low, high = 0, min(len(control), len(candidate))
    while low < high:
        middle = (low + high + 1) // 2
        if control[low:middle] == candidate[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def shown_apart(control: Tree, candidate: Tree, cap: int) -> tuple[str, str]:
    """Two values as short JSON text; long texts from shortly before the first character that differs."""
    if isinstance(control, str) and isinstance(candidate, str) and max(len(control), len(candidate)) > cap:
        start = max(0, first_difference(control, candidate) - _BEFORE)
        if start:
            before = f"from character {start + 1}: "
            return before + shown(control[start:], cap), before + shown(candidate[start:], cap)
    return shown(control, cap), shown(candidate, cap)


def differ_bytes(control: bytes, candidate: bytes, place: Place, findings: Findings) -> None:
    if control == candidate:
        return
    at = first_difference(control, candidate)
    hidden_by = place.hides(Kind.VALUES_CHANGED)
    findings.add("body", Kind.VALUES_CHANGED, described_bytes(control, at), described_bytes(candidate, at), hidden_by)


def described_bytes(body: bytes, at: int) -> str:
    part = body[at : at + _BYTES].hex(" ") or "the end"
    return f'"{len(body)} bytes, hash {short_hash(body)}, from byte {at}: {part}"'


def short_hash(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=8).hexdigest()


def differ_lines(control: str, candidate: str, place: Place, findings: Findings) -> None:
    """One difference, from the first line that differs to the last one."""
    if control == candidate:
        return
    ours, theirs = control.split("\n"), candidate.split("\n")
    first, behind = _differing(ours, theirs)
    left, right = ours[first : len(ours) - behind], theirs[first : len(theirs) - behind]
    before = ours[first - 1] if first else None
    start = max(0, first_difference(left[0], right[0]) - _BEFORE) if left and right else 0
    cap = findings.limits.shown
    gone, come = (_lines(side, first, before, start, cap) if side else None for side in (left, right))
    kinds = {(True, False): Kind.ITERABLE_ITEM_REMOVED, (False, True): Kind.ITERABLE_ITEM_ADDED}
    kind = kinds.get((bool(left), bool(right)), Kind.VALUES_CHANGED)
    findings.add("body", kind, gone, come, place.hides(kind))


def _differing(ours: list[str], theirs: list[str]) -> tuple[int, int]:
    """How many lines are equal at the beginning, and how many of the others at the end."""
    first = next((n for n, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs)))
    most = min(len(ours), len(theirs)) - first
    ends = zip(reversed(ours), reversed(theirs), strict=False)
    behind = next((n for n, (a, b) in enumerate(ends) if n >= most or a != b), most)
    return first, behind


def _lines(lines: list[str], first: int, before: str | None, start: int, cap: int) -> str:
    """As in ``lines 3 to 4, after "the second": "the third\\nthe fourth"``, shortened."""
    where = f"line {first + 1}" if len(lines) == 1 else f"lines {first + 1} to {first + len(lines)}"
    if start:
        where += f" from character {start + 1}"
    elif before is not None:
        where += f", after {quoted(before[:_LINE])}"
    text = "\n".join(lines[: cap + 1])[start : start + cap + 1]
    return f"{where}: {quoted(text[:cap])}{'… (cut)' if len(text) > cap else ''}"
