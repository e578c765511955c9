"""The data of one text, and where each value of it stood."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from proxy.table.mistakes import BAD_VALUE, Mistake

Place = tuple[int, int]
"""Line and column, from 0."""

LINE_BREAK = re.compile(r"\r\n|\r|\n")


class Document:
    """The data of one text. ``data`` is made of dict, list, str, int, float, bool and None."""

    __slots__ = ("data", "lines", "mistakes", "places", "text", "whole")

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = LINE_BREAK.split(text)
        self.whole = True
        """False if YAML could not be read to the end: what stands before that place is here, and nothing is missing."""
        self.data: Any = None
        self.mistakes: list[Mistake] = []
        self.places: dict[int, dict[str | int, tuple[Place, Place]]] = {}
        """By the identity of a container: where each key and each value in it stands."""

    def place(self, location: Iterable[str | int], *, key: bool = False) -> Place:
        """Where the value at ``location`` stands, or its key; the nearest thing above it where there is no such value."""
        here: Any = self.data
        place: Place = (0, 0)
        for step in location:
            places = self.places.get(id(here))
            if places is None:
                break
            found = places.get(step)
            if found is None:
                continue  # a step that the grammar put in: one item where a list may stand
            place = found[0] if key else found[1]
            here = here[step]
        return place

    def word(self, place: Place) -> str:
        """What is written at a place, as written."""
        line = self.lines[place[0]] if place[0] < len(self.lines) else ""
        found = re.match(r"[^,}\]#]+", line[place[1] :])
        return found[0].strip() if found else ""

    def mistake(
        self,
        location: Iterable[str | int],
        message: str,
        help_: str | None = None,
        *,
        key: bool = False,
        code: str = BAD_VALUE,
    ) -> None:
        self.mistake_at(self.place(location, key=key), message, help_, code=code)

    def mistake_at(self, place: Place, message: str, help_: str | None = None, *, code: str = BAD_VALUE) -> None:
        self.mistakes.append(Mistake(place[0] + 1, place[1] + 1, message, help_, code))
