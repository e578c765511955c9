"""The writing side: one connection, one thread, one transaction a batch."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from proxy.model.keep import Keep
from shadow.model import COMPARABLE, WRONG, Shape
from shadow.store.batch import HOUR, Batch
from shadow.store.codec import encode_content, encode_found, encode_plan
from shadow.store.connect import MAX_BYTES, open_for_writing, transaction
from shadow.store.damage import FileId, file_id
from shadow.store.histogram import bucket, ratio_bucket
from shadow.store.mark import add_mark
from shadow.store.records import Recorded, SignatureSeen, StoredPair
from shadow.store.retention import Holding, Removed, holding, remove_old
from shadow.store.write_epochs import Epochs
from shadow.store.write_places import Places
from shadow.store.write_shapes import Shapes

MAX_SIGNATURES: Final = 1000
"""Signatures of one epoch. What differs in more places differs everywhere; the rest is counted together."""

MORE: Final = "(more places)"


class StoreWriter:
    """Opens, and migrates, on creation; of use only in the thread that made it.

    Every method may raise sqlite3.Error, OSError or StoreError; nothing of the batch is written then.
    """

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES) -> None:
        self._path = path
        self._connection = open_for_writing(path, max_bytes=max_bytes)
        self._file: FileId | None = file_id(path)
        self._known = _Known(Epochs(self._connection))
        self._version: int | None = None

    @property
    def is_stale(self) -> bool:
        """Somebody deleted or replaced the file: what we write would go nowhere."""
        return file_id(self._path) != self._file

    def write(self, batch: Batch) -> None:
        try:
            with transaction(self._connection):
                self._forget_if_others_wrote()
                _Writing(self._connection, self._known).write(batch)
        except BaseException:
            # What was looked up may have been rolled back with the rest.
            self._known.forget()
            raise

    def _forget_if_others_wrote(self) -> None:
        """There are several shadow workers, purges, marks. Within a transaction, so that nobody comes in between."""
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        if version != self._version:
            self._version = version
            self._known.forget()

    def remove_old(self, now: float, keep: Keep) -> Removed:
        removed = remove_old(self._connection, now, keep)
        self._known.forget()
        return removed

    def holding(self) -> Holding:
        return holding(self._connection)

    def close(self) -> None:
        self._connection.close()


@dataclass(slots=True)
class _Known:
    """What is in the tables already."""

    epochs: Epochs
    signatures: dict[int, set[str]] = field(default_factory=dict)
    shapes: dict[int, set[Shape]] = field(default_factory=dict)
    places: dict[int, set[tuple[str, str]]] = field(default_factory=dict)

    def forget(self) -> None:
        self.places.clear()
        self.epochs.forget()
        self.signatures.clear()
        self.shapes.clear()


class _Writing:
    """One batch on its way into the tables."""

    def __init__(self, connection: sqlite3.Connection, known: _Known) -> None:
        self._connection = connection
        self._epochs = known.epochs
        self._signatures = known.signatures
        self._shapes = Shapes(connection, known.shapes)
        self._places = Places(connection, known.places)
        self._counts: Counter[tuple[int, int, str]] = Counter()
        self._latencies: Counter[tuple[int, int, str, int]] = Counter()
        self._spans: dict[int, tuple[float, float]] = {}

    def write(self, batch: Batch) -> None:
        if batch.plans is not None:
            self._write_plans(batch)
            if batch.mark is not None:
                for route in batch.plans:
                    add_mark(self._connection, route, batch.mark)
        self._epochs.read_marks()
        for recorded in batch.pairs:
            self._write_recorded(recorded)
        for (route, rules, hour, name), n in batch.counts.items():
            self._counts[self._epochs.of_counts(route, rules, hour * HOUR), hour, name] += n
        for (source, route), (rules, at, numbers) in batch.told.items():
            self._write_told(source, route, self._epochs.of_counts(route, rules, at), at, numbers)
        self._write_sums()

    def _write_plans(self, batch: Batch) -> None:
        self._connection.execute("UPDATE plan SET listed = 0")
        self._connection.executemany(
            "INSERT INTO plan (route, listed, told_at, plan) VALUES (?, 1, ?, ?)"
            " ON CONFLICT (route) DO UPDATE SET listed = 1, told_at = excluded.told_at, plan = excluded.plan",
            [(plan.route, batch.plans_at, encode_plan(plan)) for plan in (batch.plans or {}).values()],
        )

    def _write_told(self, source: str, route: str, epoch: int, at: float, numbers: dict[str, int]) -> None:
        before = dict(
            self._connection.execute(
                "SELECT name, n FROM told WHERE source = ? AND route = ?", (source, route)
            ).fetchall()
        )
        for name, n in numbers.items():
            last = before.get(name, 0)
            # Numbers only grow within a source's life; a smaller one means that another life began with the same name.
            self._counts[epoch, int(at // HOUR), name] += n - last if n >= last else n
        self._connection.executemany(
            "INSERT INTO told (source, route, name, n, at) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (source, route, name) DO UPDATE SET n = excluded.n, at = excluded.at",
            [(source, route, name, n, at) for name, n in numbers.items()],
        )

    def _write_recorded(self, recorded: Recorded) -> None:
        at = recorded.at
        versions = recorded.control_version, recorded.candidate_version
        epoch = self._epochs.of_pair(recorded.route, recorded.rules, at, *versions)
        hour = int(at // HOUR)
        first, last = self._spans.get(epoch, (at, at))
        self._spans[epoch] = min(first, at), max(last, at)
        self._count(epoch, hour, recorded)
        self._count_latencies(epoch, hour, recorded)
        for place in recorded.places:
            self._places.add(epoch, place)
        for hit in recorded.hits:
            self._places.hit(epoch, at, hit)
        if recorded.pair is not None:
            self._write_pair(epoch, recorded.pair, recorded.identity)
        for signature in recorded.signatures:
            self._write_signature(epoch, hour, at, signature, recorded.pair)

    def _count(self, epoch: int, hour: int, recorded: Recorded) -> None:
        self._counts[epoch, hour, f"outcome:{recorded.outcome}"] += 1
        if recorded.statuses is not None:
            self._counts[epoch, hour, f"status:{':'.join(recorded.statuses)}"] += 1
        if recorded.outcome in COMPARABLE:
            if recorded.repeat:
                self._counts[epoch, hour, f"repeat:{'wrong' if recorded.outcome in WRONG else 'clean'}"] += 1
            elif recorded.shape is not None:
                self._shapes.add(epoch, recorded.shape)
        if recorded.again:
            self._counts[epoch, hour, "again"] += 1
        if recorded.sampled:
            self._counts[epoch, hour, "sampled"] += 1

    def _count_latencies(self, epoch: int, hour: int, recorded: Recorded) -> None:
        for side, latency in (("control", recorded.control_ms), ("candidate", recorded.candidate_ms)):
            if latency is not None:
                self._latencies[epoch, hour, side, bucket(latency)] += 1
        if recorded.control_ms is not None and recorded.candidate_ms is not None:
            self._latencies[epoch, hour, "ratio", ratio_bucket(recorded.control_ms, recorded.candidate_ms)] += 1

    def _write_pair(self, epoch: int, pair: StoredPair, identity: str) -> None:
        self._connection.execute(
            "INSERT INTO pair (id, epoch, request_id, table_version, at, outcome, method, target, main, shadow, found, identity)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                pair.id,
                epoch,
                pair.request_id,
                pair.table_version,
                pair.at,
                pair.outcome,
                pair.method,
                pair.target,
                pair.primary,
                pair.shadow,
                encode_found(pair),
                identity,
            ),
        )
        if pair.request is not None:
            self._connection.execute(
                "INSERT INTO content (pair, at, body) VALUES (?, ?, ?)", (pair.id, pair.at, encode_content(pair))
            )

    def _write_signature(self, epoch: int, hour: int, at: float, seen: SignatureSeen, pair: StoredPair | None) -> None:
        known = self._known_signatures(epoch)
        if seen.id not in known and len(known) >= MAX_SIGNATURES:
            seen = SignatureSeen(f"more-{seen.kind}", MORE, seen.kind, None, None)
        known.add(seen.id)
        self._connection.execute(
            "INSERT INTO signature"
            " (epoch, id, path, kind, first_seen, last_seen, example_pair, control_example, candidate_example)"
            " VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?8) ON CONFLICT (epoch, id) DO UPDATE SET"
            " first_seen = min(first_seen, excluded.first_seen), last_seen = max(last_seen, excluded.last_seen)",
            (epoch, seen.id, seen.path, seen.kind, at, pair.id if pair else "", seen.control, seen.candidate),
        )
        if pair is not None:  # the newest one that was kept: it is the last to be removed
            self._connection.execute(
                "UPDATE signature SET example_pair = ?, control_example = ?, candidate_example = ? WHERE epoch = ? AND id = ?",
                (pair.id, seen.control, seen.candidate, epoch, seen.id),
            )
        self._connection.execute(
            "INSERT INTO signature_count (epoch, id, hour, n) VALUES (?, ?, ?, 1)"
            " ON CONFLICT (epoch, id, hour) DO UPDATE SET n = n + 1",
            (epoch, seen.id, hour),
        )

    def _write_sums(self) -> None:
        self._shapes.write()
        self._connection.executemany(
            "INSERT INTO count (epoch, hour, name, n) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (epoch, hour, name) DO UPDATE SET n = n + excluded.n",
            _rows(self._counts),
        )
        self._connection.executemany(
            "INSERT INTO latency (epoch, hour, side, bucket, n) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (epoch, hour, side, bucket) DO UPDATE SET n = n + excluded.n",
            _rows(self._latencies),
        )
        self._connection.executemany(
            "UPDATE epoch SET first_pair = min(coalesce(first_pair, ?1), ?1), last_pair = max(coalesce(last_pair, ?2), ?2)"
            " WHERE id = ?3",
            [(first, last, epoch) for epoch, (first, last) in self._spans.items()],
        )

    def _known_signatures(self, epoch: int) -> set[str]:
        known = self._signatures.get(epoch)
        if known is None:
            found = self._connection.execute("SELECT id FROM signature WHERE epoch = ?", (epoch,)).fetchall()
            known = self._signatures[epoch] = {row[0] for row in found}
        return known


def _rows(counter: Counter[tuple[int, int, str]] | Counter[tuple[int, int, str, int]]) -> Iterable[tuple[object, ...]]:
    return [(*key, n) for key, n in counter.items() if n]
