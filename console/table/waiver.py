"""The entry that accepts a difference. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from console.table.edit import NEXT, CannotEdit, put
from console.table.nodes import Location


class BadDay(Exception):
    """Nothing can be accepted until that day; the message says what to write."""


def last_day(text: str, today: date) -> date:
    """The day that ``text`` names. One that is over would accept nothing, and evidence would count anew for it. Raises BadDay."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise BadDay(f"a date such as 2027-03-31 is wanted; {text!r} is not") from error
    if day.isoformat() != text:  # ISO has other ways to write it
        raise BadDay(f"a date such as 2027-03-31 is wanted; {text!r} is not")
    if day < today:
        raise BadDay(f"{text} is over: name the last day on which it is accepted, {today} or later")
    return day


@dataclass(frozen=True, slots=True)
class Waived:
    """Who accepts which difference, why, and until when. ``kinds`` is empty for all."""

    path: str
    reason: str
    author: str
    until: date | None = None
    kinds: tuple[str, ...] = ()

    def version_reason(self, route: str) -> str:
        """Why the table has a new version."""
        return f"{route}: {self.path} is accepted: {self.reason}"

    def entry(self) -> dict[str, Any]:
        entry: dict[str, Any] = {"path": self.path, "reason": self.reason, "author": self.author}
        if self.until is not None:
            entry["until"] = self.until
        if self.kinds:
            entry["kinds"] = list(self.kinds)
        return entry


def waive(text: str, data: Mapping[str, Any], route: str, waived: Waived) -> str:
    """The table's text with the waiver. ``data`` is the table as the file says it. Raises CannotEdit."""
    place = compare_of(data, route)
    for entry in _at(data, (*place, "ignore")) or ():
        path, kinds = (entry.get("path"), entry.get("kinds")) if isinstance(entry, dict) else (entry, None)
        if path == waived.path and (not kinds or (set(waived.kinds) <= set(kinds) and waived.kinds)):
            raise CannotEdit(f"{route} has a rule for {waived.path} already: edit it by hand, if it has ended")
    return put(text, (*place, "ignore", NEXT), waived.entry())


def compare_of(data: Mapping[str, Any], route: str) -> Location:
    """Where the compare rules of a route are, or belong. Raises CannotEdit."""
    for index, one in enumerate(data.get("routes") or ()):
        if one["name"] == route:
            return ("routes", index, "compare")
    raise CannotEdit(f"the table has no route {route!r}: is it the one that the store is about?")


def _at(data: Any, location: Location) -> Any:
    for step in location:
        if isinstance(data, Mapping):
            data = data.get(str(step))
        elif isinstance(data, list) and isinstance(step, int):
            data = data[step]
        else:
            return None
    return data
