"""To which epoch does a pair belong? Routes, rules, marks and builds become the id of one."""

from __future__ import annotations

import math
import sqlite3
from typing import Final

MAX_VERSIONS: Final = 100
"""Pairs of builds of one route under the same rules and mark. A backend that names a new one with each answer names none."""

TOO_MANY: Final = "(more versions)"

_Line = tuple[str, str, int]
"""Route, rules, mark: evidence on one line differs by builds alone."""
_Builds = tuple[str, str]
"""Versions of control and candidate."""


class Epochs:
    """Remembers what is in the tables; ``forget`` when that may have changed behind our back."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._ids: dict[_Line, dict[_Builds, int]] = {}
        self._present: dict[_Line, _Builds] = {}
        self._marks: dict[str, list[tuple[float, int]]] = {}

    def forget(self) -> None:
        self._ids.clear()
        self._present.clear()

    def read_marks(self) -> None:
        """Anybody may have set one since the last batch."""
        self._marks.clear()
        for route, at, mark in self._connection.execute("SELECT route, at, id FROM mark ORDER BY at DESC, id DESC"):
            self._marks.setdefault(route, []).append((at, mark))

    def of_counts(self, route: str, rules: str, at: float) -> int:
        """Of what has no answers, so that nobody knows a build: the present one, after the newest mark."""
        return self._of((route, rules, self._mark(route, math.inf)), at, "", "")

    def of_pair(self, route: str, rules: str, at: float, control: str, candidate: str) -> int:
        """A version that no answer named is the one that was seen last."""
        return self._of((route, rules, self._mark(route, at)), at, control, candidate)

    def _of(self, line: _Line, at: float, control: str, candidate: str) -> int:
        ids = self._ids.get(line)
        if ids is None:
            ids = self._load(line)
        present = self._present[line]
        builds = control or present[0], candidate or present[1]
        if builds not in ids and builds not in self._load(line):  # another writer may have been quicker
            builds = self._open(line, builds, at)
        if control or candidate:
            self._present[line] = builds
        return self._ids[line][builds]

    def _mark(self, route: str, at: float) -> int:
        """The newest one before ``at``: a pair that began before a mark ends after it."""
        return next((mark for since, mark in self._marks.get(route, ()) if since <= at), 0)

    def _load(self, line: _Line) -> dict[_Builds, int]:
        rows = self._connection.execute(
            "SELECT control_version, candidate_version, id FROM epoch WHERE route = ? AND rules = ? AND mark = ?"
            " ORDER BY last_pair, id",  # NULL comes first
            line,
        ).fetchall()
        ids = self._ids[line] = {(control, candidate): epoch for control, candidate, epoch in rows}
        self._present[line] = next(reversed(ids), ("", ""))
        return ids

    def _open(self, line: _Line, builds: _Builds, at: float) -> _Builds:
        ids, nameless = self._ids[line], ("", "")
        if len(ids) >= MAX_VERSIONS:
            builds = TOO_MANY, TOO_MANY
            if builds in ids:
                return builds
        if nameless in ids and self._is_empty(ids[nameless]):
            # Requests were counted before the first answer came: they are this build's.
            ids[builds] = ids.pop(nameless)
            self._connection.execute(
                "UPDATE epoch SET control_version = ?, candidate_version = ? WHERE id = ?", (*builds, ids[builds])
            )
            return builds
        ids[builds] = self._connection.execute(
            "INSERT INTO epoch (route, rules, mark, control_version, candidate_version, opened_at)"
            " VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
            (*line, *builds, at),
        ).fetchone()[0]
        return builds

    def _is_empty(self, epoch: int) -> bool:
        found = self._connection.execute(
            "SELECT 1 FROM count WHERE epoch = ? AND name LIKE 'outcome:%' LIMIT 1", (epoch,)
        )
        return found.fetchone() is None
