"""The status document: what the supervisor knows of its instance, pushed to the console after every change."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from proxy.model.log import rfc3339
from proxy.model.versions import TableVersion


class State(enum.StrEnum):
    """Where an instance is in its life. ``ready`` once every proxy worker has accepted for the first time."""

    STARTING = "starting"
    READY = "ready"
    DRAINING = "draining"


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """One process. Times are Unix seconds; ``stuck`` is how many of the restarts are the watchdog's; ``pid`` is None between two lives; ``table_version`` is the one it serves with."""

    role: str
    index: int
    pid: int | None
    restarts: int
    started_at: float
    ready: bool
    table_version: int = 0
    stuck: int = 0

    def to_json(self) -> dict[str, Any]:
        return {
            "role": self.role,
            "index": self.index,
            "pid": self.pid,
            "restarts": self.restarts,
            "stuck": self.stuck,
            "started_at": rfc3339(self.started_at),
            "ready": self.ready,
            "table_version": self.table_version,
        }


@dataclass(frozen=True, slots=True)
class TableStatus:
    """The table in force. ``error`` is what is wrong with the file now, None if the file is what is in force; ``made`` says who made this
    version, when and why; ``journal`` what is wrong with the journal of versions, None if nothing is."""

    version: int
    source: str
    loaded_at: float
    error: str | None
    made: TableVersion | None = None
    journal: str | None = None

    def to_json(self) -> dict[str, Any]:
        made = self.made
        return {
            "source": self.source,
            "loaded_at": rfc3339(self.loaded_at),
            "error": self.error,
            "since": rfc3339(made.at if made is not None else self.loaded_at),
            "by": made.by if made is not None else "",
            "reason": made.reason if made is not None else "",
            "hash": made.hash if made is not None else "",
            "journal": self.journal,
        }


@dataclass(frozen=True, slots=True)
class CertificateStatus:
    """What clients are shown: file, host names and Unix time of expiry of each certificate. ``error`` is what is wrong with the files
    now, None if they are what is in use."""

    in_use: tuple[tuple[str, tuple[str, ...], float], ...]
    error: str | None

    def to_json(self) -> dict[str, Any]:
        return {
            "in_use": [
                {"certificate": path, "names": list(names), "expires_at": rfc3339(expires)}
                for path, names, expires in self.in_use
            ],
            "error": self.error,
        }


def status_document(
    state: State,
    table: TableStatus,
    listen: str,
    admin: str,
    processes: Iterable[ProcessStatus],
    certificates: CertificateStatus | None = None,
) -> dict[str, Any]:
    return {
        "state": state.value,
        "listen": listen,
        "admin": admin,
        "table_version": table.version,
        "table": table.to_json(),
        "certificates": certificates.to_json() if certificates is not None else None,
        "processes": [process.to_json() for process in processes],
    }
