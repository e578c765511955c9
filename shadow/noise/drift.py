"""What the control's disagreement with itself explains. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from proxy.model.path import is_below
from shadow.model import Difference, Kind

_TYPES: Final = {
    '"': "string", "{": "object", "[": "array", "t": "boolean", "f": "boolean", "n": "null", "…": "string",
}  # fmt: skip
_OF_LISTS: Final = frozenset({Kind.ITERABLE_ITEM_ADDED, Kind.ITERABLE_ITEM_REMOVED, Kind.REPETITION_CHANGE})


def beyond_noise(differences: tuple[Difference, ...], drift: tuple[Difference, ...]) -> tuple[Difference, ...]:
    """The differences that the control's disagreement with itself, ``drift``, does not explain.

    It explains one at the same place if the control itself has shown a value of the candidate's type there (a text where it
    always sends a text, nothing where it sometimes sends nothing), and everything below a place that comes and goes or
    changes its type. So a random text that becomes a number is a mismatch, and a random text is noise.

    Of a list whose items the control changes or moves, it explains moved items. If it changes them, not only moves them, it
    explains items that were added and removed too, as long as there are as many as before.
    """
    shown: dict[str, set[str]] = {}
    for own in drift:
        if own.kind is not Kind.ITERABLE_ITEM_MOVED:
            shown.setdefault(own.place, set()).update((_type(own, own.control), _type(own, own.candidate)))
    unsteady = tuple(place for place, types in shown.items() if len(types) > 1)
    restless = {own.place for own in drift}
    longer = _growth(differences)

    def is_explained(difference: Difference) -> bool:
        place = difference.place
        if difference.kind is Kind.ITERABLE_ITEM_MOVED:
            return _is_at_or_above(place, restless)
        if _type(difference, difference.candidate) in shown.get(place, ()):
            return True
        if any(is_below(place, other) for other in unsteady):
            return True
        return difference.kind in _OF_LISTS and not longer[_list_of(difference)] and _is_at_or_above(place, shown)

    return tuple(difference for difference in differences if not is_explained(difference))


def _growth(differences: tuple[Difference, ...]) -> Counter[str]:
    """Path of a list -> how many more items the candidate has."""
    growth: Counter[str] = Counter()
    for difference in differences:
        if difference.kind is Kind.REPETITION_CHANGE:
            growth[_list_of(difference)] += _times(difference.candidate) - _times(difference.control)
        elif difference.kind in _OF_LISTS:
            growth[_list_of(difference)] += 1 if difference.kind is Kind.ITERABLE_ITEM_ADDED else -1
    return growth


def _times(shown: str | None) -> int:
    return int((shown or "0").partition(" ")[0])


def _list_of(difference: Difference) -> str:
    return difference.path.rpartition("[")[0]


def _is_at_or_above(place: str, others: Iterable[str]) -> bool:
    return any(other == place or is_below(other, place) for other in others)


def _type(difference: Difference, shown: str | None) -> str:
    """The JSON type of a value, from its short text; of a status, its class. Whether a number is a float is told from the digits
    that are shown."""
    if shown is None:
        return "missing"
    if difference.place == "status":
        return f"{shown[:1]}xx"
    value = shown.partition(" x ")[2] if difference.kind is Kind.REPETITION_CHANGE else shown
    kind = _TYPES.get(value[:1])
    if kind is not None:
        return kind
    number = value.partition(" ")[0]
    return "float" if any(mark in number for mark in ".eEN") or number.endswith("Infinity") else "integer"
