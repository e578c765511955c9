"""How fast this machine is now: a fixed piece of pure Python work, for what no other program does in the same run.

The piece does what such code spends its time with: it makes a document of dictionaries and lists, walks two of them side by side with a generator, makes
a small object and a string for each place, and counts them. It reads nothing, waits for nothing, and uses no module that is written in C for the purpose. It
is never made faster: a change of the piece takes a new ``REFERENCE_MS``.

The reference is a quiet machine of the kind the bars were written for: one where DeepDiff compares 45 pairs of 10 KB in a CPU-second (``bench.compare``).
``python -m bench.calibration`` measures both in turn and tells what the piece takes where DeepDiff does that. See docs/decisions/0020.
"""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

REFERENCE_MS: Final = 4.09
"""CPU time of one piece at the reference speed."""
DEEPDIFF: Final = 45.0
"""Pairs of 10 KB per CPU-second at the reference speed."""
LOOK_SECONDS: Final = 0.2
"""CPU time of one look at the speed."""

ORDERS: Final = 200


@dataclass(frozen=True, slots=True)
class _Place:
    path: str
    left: object
    right: object


def piece() -> int:
    """One unit of work; its result is always the same."""
    kinds = Counter(_kind(place) for place in _walk("$", _document(0), _document(1)))
    return kinds["same"] + 1000 * kinds["changed"]


def _document(version: int) -> dict[str, object]:
    return {
        "orders": [
            {
                "id": number,
                "customer": {"id": f"c-{number * 31}", "name": f"Customer number {number}", "tier": "gold"},
                "lines": [{"sku": f"SKU-{number}-{line}", "quantity": line + version} for line in range(4)],
            }
            for number in range(ORDERS)
        ]
    }


def _walk(path: str, left: object, right: object) -> Iterator[_Place]:
    if isinstance(left, dict) and isinstance(right, dict):
        for key in sorted(left.keys() | right.keys()):
            yield from _walk(f"{path}.{key}", left.get(key), right.get(key))
    elif isinstance(left, list) and isinstance(right, list):
        for index, (one, other) in enumerate(zip(left, right, strict=True)):
            yield from _walk(f"{path}[{index}]", one, other)
    else:
        yield _Place(path, left, right)


def _kind(place: _Place) -> str:
    return "same" if type(place.left) is type(place.right) and place.left == place.right else "changed"


def piece_ms(seconds: float = LOOK_SECONDS) -> float:
    """CPU time of one piece now, in this process."""
    piece()
    count, began = 0, time.process_time()
    while (used := time.process_time() - began) < seconds:
        piece()
        count += 1
    return 1e3 * used / count


@dataclass(slots=True)
class Speed:
    """Of this machine during a bench, as a multiple of the reference speed: the median of the looks taken."""

    looks: list[float] = field(default_factory=list)

    def look(self) -> float:
        self.looks.append(REFERENCE_MS / piece_ms())
        return self.looks[-1]

    @property
    def median(self) -> float:
        return statistics.median(self.looks)
