"""A store in one SQLite file: a handle that opens what it needs when it needs it, from any thread."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from proxy.model.plan import Plan
from shadow.model import Mark, RouteSummary, SignatureSummary
from shadow.store.affected import Affected, pairs_beginning_with, read_affected, recorded_routes
from shadow.store.connect import MAX_BYTES, open_for_reading, open_for_writing
from shadow.store.damage import set_aside_beside
from shadow.store.decisions import add_triage, read_history, read_triage
from shadow.store.errors import StoreError
from shadow.store.mark import read_marks, set_mark
from shadow.store.purge import LOCKED_SECONDS, Hands, Purged, purge
from shadow.store.read import read_pairs, read_plans, read_signatures, read_summaries
from shadow.store.read_kept import Wanted, read_kept
from shadow.store.read_latency import HourLatency, read_latency
from shadow.store.read_learned import Learned, read_learned
from shadow.store.read_sightings import Sighting, read_sightings
from shadow.store.read_traffic import EpochSeen, Hour, read_past_epochs, read_traffic
from shadow.store.records import StoredPair
from shadow.store.selection import Selection
from shadow.store.write import StoreWriter
from shadow.triage import Triage

_MOST_PAIRS = 50


class SqliteStore:
    """Reading raises NoStore when nothing was recorded yet, StoreError when the file cannot be read."""

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES) -> None:
        self.path = path
        self._max_bytes = max_bytes

    def summaries(self, *, since: float | None = None, route: str | None = None) -> list[RouteSummary]:
        """One summary for each route of the table, also for those without traffic, in the order of their names.

        ``since`` is Unix time and counts from the beginning of its hour: sums are kept by the hour.
        """
        with open_for_reading(self.path) as connection:
            return read_summaries(connection, since, route)

    def signatures(self, *, since: float | None = None, route: str | None = None) -> list[SignatureSummary]:
        """The signatures of the routes' present epochs, most frequent first. ``since`` as in ``summaries``."""
        with open_for_reading(self.path) as connection:
            return read_signatures(connection, since, route)

    def pair(self, given: str) -> StoredPair | None:
        """The kept pair whose id begins with ``given``, or whose request had ``given`` as its id; the newest of several."""
        found = self.pairs(given, limit=1)
        return found[0] if found else None

    def pairs(self, given: str, *, limit: int = _MOST_PAIRS) -> list[StoredPair]:
        """All of them, newest first, for those who must tell apart."""
        if not given:
            return []
        with open_for_reading(self.path) as connection:
            return read_pairs(connection, given, limit)

    def kept(self, wanted: Wanted) -> list[StoredPair]:
        """The pairs whose contents are kept, newest first."""
        with open_for_reading(self.path) as connection:
            return read_kept(connection, wanted)

    def sightings(self, signature: SignatureSummary, *, limit: int = _MOST_PAIRS) -> list[Sighting]:
        """The kept pairs that show ``signature``, newest first."""
        with open_for_reading(self.path) as connection:
            return read_sightings(connection, signature, limit)

    def plans(self) -> dict[str, Plan]:
        """The plans of the table's routes as last told, by route."""
        with open_for_reading(self.path) as connection:
            return read_plans(connection)

    def traffic(self, from_hour: int, route: str | None = None, *, width: int = 1) -> dict[str, list[Hour]]:
        """By route, who answered and what comparing found, by the hour; ``from_hour`` is Unix time // 3600. ``width`` hours are added up."""
        with open_for_reading(self.path) as connection:
            return read_traffic(connection, from_hour, route, width)

    def latency(self, from_hour: int, route: str, *, width: int = 1) -> list[HourLatency]:
        """How long both sides of ``route`` took; ``from_hour`` and ``width`` as in ``traffic``."""
        with open_for_reading(self.path) as connection:
            return read_latency(connection, from_hour, route, width)

    def past_epochs(self, route: str, *, limit: int = 20) -> list[EpochSeen]:
        """The spans in which evidence of ``route`` counted together, newest first."""
        with open_for_reading(self.path) as connection:
            return read_past_epochs(connection, route, limit)

    def glance(self) -> None:
        """Raises what reading raises, after a look at what every report begins with."""
        with open_for_reading(self.path) as connection:
            connection.execute("SELECT (SELECT count(*) FROM plan), (SELECT count(*) FROM epoch)").fetchone()

    def sizes(self) -> dict[str, int]:
        """Bytes of each of the store's files that is there, by name."""
        files = [self.path, *(self.path.with_name(f"{self.path.name}{suffix}") for suffix in ("-wal", "-shm"))]
        return {file.name: file.stat().st_size for file in files if file.exists()}

    def learned(self) -> dict[str, Learned]:
        """What is known of every route's places and rules, by route."""
        with open_for_reading(self.path) as connection:
            return read_learned(connection, read_plans(connection))

    def triage(self) -> dict[str, Triage]:
        """The newest decision about each signature, by its id."""
        with open_for_reading(self.path) as connection:
            return read_triage(connection)

    def triage_history(self, signature: str) -> list[Triage]:
        """All decisions about one signature, oldest first."""
        with open_for_reading(self.path) as connection:
            return read_history(connection, signature)

    def decide(self, said: Triage) -> None:
        """Add a decision; beside a running writer too. Raises StoreError, OSError or sqlite3.Error."""
        with closing(open_for_writing(self.path, max_bytes=self._max_bytes)) as connection:
            add_triage(connection, said)

    def mark(self, routes: Sequence[str], mark: Mark) -> list[str]:
        """From here on evidence of ``routes`` (all, if none is named) counts anew; the names of those marked. Raises StoreError."""
        with open_for_reading(self.path):
            pass  # NoStore for a store that is not there: it would be made
        try:
            with closing(open_for_writing(self.path, max_bytes=self._max_bytes)) as connection:
                return set_mark(connection, routes, mark)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"cannot write to {self.path}: {error}") from error

    def marks(self, routes: Sequence[str] = ()) -> list[tuple[str, Mark]]:
        """All marks that are kept, with their routes, newest first."""
        with open_for_reading(self.path) as connection:
            return read_marks(connection, routes)

    def routes(self) -> list[str]:
        """The names of all routes of which anything is recorded, also of those that the table no longer has."""
        with open_for_reading(self.path) as connection:
            return recorded_routes(connection)

    def pairs_beginning_with(self, given: str) -> list[str]:
        """Ids of kept pairs, eleven at most."""
        with open_for_reading(self.path) as connection:
            return pairs_beginning_with(connection, given)

    def affected(self, selection: Selection, key_mark: str = "") -> Affected:
        """What a purge would remove. ``key_mark`` is of the key that the selection's identities are hashed with."""
        with open_for_reading(self.path) as connection:
            return read_affected(connection, selection, key_mark)

    def purge(self, selection: Selection, affected: Affected, mark: Mark, hands: Hands) -> Purged:
        """Remove what was found to be affected, so that nothing of it stays in the files; beside a running writer too. Raises StoreError;
        what was removed until then stays removed."""
        try:
            opened = open_for_writing(self.path, max_bytes=self._max_bytes, locked_seconds=LOCKED_SECONDS)
            with closing(opened) as connection:
                return purge(connection, selection, affected, mark, hands)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"cannot write to {self.path}: {error}; not all is removed. Run it again, as the user that `strangler serve` runs as"
            ) from error

    def set_aside(self) -> list[Path]:
        """Damaged stores that were here before and still lie beside this one, oldest first."""
        return set_aside_beside(self.path)

    def writer(self) -> StoreWriter:
        """The writing side, for one thread. Makes the file. Raises StoreError, OSError or sqlite3.Error."""
        return StoreWriter(self.path, max_bytes=self._max_bytes)

    def __repr__(self) -> str:
        return f"<SqliteStore {self.path}>"
