"""What changed between two texts, line by line, and both changes put together. Pure.

The shortest way from one to the other (Myers, "An O(ND) Difference Algorithm"), looked for with a bound: where more lines changed than that,
all between the first and the last of them counts as replaced. So no text can make this take seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

MOST_CHANGED: Final = 600
"""Lines that are gone or new."""

CONTEXT: Final = 3

Opcode = tuple[str, int, int, int, int]
"""As ``difflib`` has them: what, and which lines of both."""


def unified(old: str, new: str, before: str, after: str) -> str:
    """A unified diff; empty if no line differs. Lines end with a newline, whatever they end with in the texts."""
    one, other = old.splitlines(), new.splitlines()
    lines = list(_hunks(one, other))
    return "".join(f"{line}\n" for line in (f"--- {before}", f"+++ {after}", *lines)) if lines else ""


def merged(base: str, ours: str, theirs: str) -> str | None:
    """Both changes of ``base`` in one text, each line with the line end of ``ours``; None where they touch."""
    old, one, other = (text.splitlines() for text in (base, ours, theirs))
    changes = sorted(
        (begin, end, side, lines[first:last])
        for side, lines in enumerate((one, other))
        for what, begin, end, first, last in _opcodes(old, lines)
        if what != "equal"
    )
    done: list[str] = []
    at, last_side = 0, None
    same: tuple[int, int, list[str]] | None = None
    for begin, end, side, lines in changes:
        if same == (begin, end, lines):
            continue  # both made the same change
        if begin < at or (begin == at and last_side not in {None, side}):
            return None
        done += [*old[at:begin], *lines]
        at, last_side, same = end, side, (begin, end, lines)
    done += old[at:]
    newline = "\r\n" if "\r\n" in ours else "\n"
    return "".join(f"{line}{newline}" for line in done)


def _hunks(one: Sequence[str], other: Sequence[str]) -> Iterator[str]:
    for group in _groups(_opcodes(one, other)):
        first, last = group[0], group[-1]
        yield f"@@ -{_span(first[1], last[2])} +{_span(first[3], last[4])} @@"
        for what, i, j, k, m in group:
            if what == "equal":
                yield from (f" {line}" for line in one[i:j])
            else:
                yield from (f"-{line}" for line in one[i:j])
                yield from (f"+{line}" for line in other[k:m])


def _opcodes(one: Sequence[str], other: Sequence[str]) -> list[Opcode]:
    start = _equal_ahead(one, other)
    end = min(_equal_ahead(one[::-1], other[::-1]), min(len(one), len(other)) - start)
    i, k = len(one) - end, len(other) - end
    found: list[Opcode] = [("equal", 0, start, 0, start)] if start else []
    found += [
        (what, a + start, b + start, c + start, d + start) for what, a, b, c, d in _middle(one[start:i], other[start:k])
    ]
    return found + ([("equal", i, len(one), k, len(other))] if end else [])


def _middle(one: Sequence[str], other: Sequence[str]) -> list[Opcode]:
    way = _way(one, other)
    if way is None:
        return [("replace", 0, len(one), 0, len(other))]
    found: list[Opcode] = []
    for is_equal, steps in groupby(way, key=lambda step: step[2]):
        taken = list(steps)
        (i, k, *_), (*_, j, m) = taken[0], taken[-1]
        found.append(("equal" if is_equal else "replace", i, j, k, m))
    return found


Step = tuple[int, int, bool, int, int]
"""From where, whether both lines are equal, and to where."""


def _way(one: Sequence[str], other: Sequence[str]) -> list[Step] | None:
    """None if it is longer than the bound. ``furthest[k]`` is how far one gets in ``one`` on the diagonal ``k``."""
    n, m = len(one), len(other)
    furthest = {1: 0}
    seen: list[dict[int, int]] = []
    for changed in range(min(n + m, MOST_CHANGED) + 1):
        seen.append(furthest.copy())
        for k in range(-changed, changed + 1, 2):
            x = furthest[k + 1] if _goes_down(furthest, k, changed) else furthest[k - 1] + 1
            while x < n and x - k < m and one[x] == other[x - k]:
                x += 1
            furthest[k] = x
            if x >= n and x - k >= m:
                return list(_back(seen, n, m))[::-1]
    return None


def _back(seen: list[dict[int, int]], x: int, y: int) -> Iterator[Step]:
    for changed in range(len(seen) - 1, -1, -1):
        k = x - y
        before = k + 1 if _goes_down(seen[changed], k, changed) else k - 1
        from_x = seen[changed][before]
        from_y = from_x - before
        while x > from_x and y > from_y:
            yield x - 1, y - 1, True, x, y
            x, y = x - 1, y - 1
        if changed:
            yield from_x, from_y, False, x, y
        x, y = from_x, from_y


def _goes_down(furthest: dict[int, int], k: int, changed: int) -> bool:
    return k == -changed or (k != changed and furthest[k - 1] < furthest[k + 1])


def _equal_ahead(one: Sequence[str], other: Sequence[str]) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _groups(opcodes: list[Opcode]) -> Iterator[list[Opcode]]:
    """Changes with some lines around them; those that are near each other together."""
    group: list[Opcode] = []
    for what, i, j, k, m in opcodes:
        if what != "equal":
            group.append((what, i, j, k, m))
            continue
        ahead, behind = (CONTEXT if group else 0), CONTEXT
        if j - i > ahead + behind:
            if group:
                yield [*group, (what, i, i + ahead, k, k + ahead)]
            group = [(what, j - behind, j, m - behind, m)]
        else:
            group.append((what, i, j, k, m))
    if any(one[0] != "equal" for one in group):
        yield group


def _span(begin: int, end: int) -> str:
    length = end - begin
    return str(begin + 1) if length == 1 else f"{begin + (length > 0)},{length}"
