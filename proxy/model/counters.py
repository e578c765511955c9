"""Counters in shared memory: the live path pays one integer add, and what was counted survives the process that counted.

A process writes one pair of files in the run directory: ``NAME.values``, an array of signed 64-bit integers in native
order, mapped into memory; and ``NAME.names``, one JSON line per slot: ``[metric, {label: value}]``, in slot order. Any
process may read them at any time: aligned 8-byte stores are never seen half-written on the machines we run on. Reading,
and what becomes of the files of dead processes, stands in ``counted``.
"""

from __future__ import annotations

import json
import mmap
import os
from pathlib import Path

CAPACITY = 1 << 16
"""Slots per process. Past it everything is added to ``strangler_overflow``, so memory stays bounded."""

VALUE_BYTES = 8


class Counters:
    """One process's counters. ``values[slot] += n`` is the whole hot path; get the slot once and keep it."""

    __slots__ = ("_map", "_names", "_overflow", "_slots", "values")

    def __init__(self, directory: Path, name: str) -> None:
        path = directory / f"{name}.values"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.ftruncate(descriptor, CAPACITY * VALUE_BYTES)
            self._map = mmap.mmap(descriptor, CAPACITY * VALUE_BYTES)
        finally:
            os.close(descriptor)
        self._names = (directory / f"{name}.names").open("w", buffering=1, encoding="utf-8")
        self._slots: dict[tuple[str, tuple[str, ...]], int] = {}
        self.values = memoryview(self._map).cast("q")
        self._overflow = self.slot("strangler_overflow")

    def slot(self, metric: str, **labels: str) -> int:
        """The index of this series, registered on first use."""
        key = (metric, tuple(labels.values()))
        slot = self._slots.get(key)
        if slot is None:
            slot = len(self._slots)
            if slot >= CAPACITY:
                return self._overflow
            self._slots[key] = slot
            self._names.write(json.dumps([metric, labels]) + "\n")
        return slot

    def add(self, metric: str, amount: int = 1, **labels: str) -> None:
        """Count off the hot path."""
        self.values[self.slot(metric, **labels)] += amount

    def close(self) -> None:
        self._names.close()
        self.values.release()
        self._map.close()
