"""How a running instance was asked to run: options of ``serve``, handed to every process in its environment."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

VARIABLE = "STRANGLER_SETTINGS"


@dataclass(frozen=True, slots=True)
class Settings:
    """Paths are absolute. ``config`` is None when only ``--legacy URL`` was given. ``secret`` is the file with the
    installation's key: it signs our identity cookie and keys the hashes that replace secrets. ``journal`` is the file of the table's
    versions, empty for none; ``audit`` that of the audit log, empty for the one beside the store. ``admin_users`` is the file of those who
    may use the admin port, empty if nobody is asked who they are; ``admin_oidc`` that of their provider, empty for none; ``admin_cert`` and ``admin_key`` are its TLS, both or none;
    ``admin_names`` are further names that it may be asked by."""

    listen_host: str = "127.0.0.1"
    listen_port: int = 8080
    admin_host: str = "127.0.0.1"
    admin_port: int = 8081
    admin_users: str = ""
    admin_oidc: str = ""
    admin_cert: str = ""
    admin_key: str = ""
    admin_names: tuple[str, ...] = ()
    admin_insecure: bool = False
    workers: int = 1
    config: str | None = None
    legacy_url: str | None = None
    store: str = "sqlite:///strangler.db"
    journal: str = ""
    audit: str = ""
    secret: str = "strangler.key"  # noqa: S105 - a file name
    run_dir: str = ""
    grace: float = 30.0
    drain_delay: float = 0.0
    watchdog: float = 10.0
    take_over: bool = False
    log_format: str = "auto"
    log_level: str = "info"
    access_log_sample: float = 1.0
    tap_bytes: int = 32 * 1024 * 1024
    shadow_workers: int = 1
    shadow_concurrency: int = 32
    shadow_queue_bytes: int = 64 * 1024 * 1024

    @property
    def tap_path(self) -> Path:
        """The Unix socket on which the first shadow worker listens."""
        return self.tap_paths[0]

    @property
    def tap_paths(self) -> tuple[Path, ...]:
        """Those of all shadow workers."""
        names = ["tap.sock", *(f"tap-{index}.sock" for index in range(1, self.shadow_workers))]
        return tuple(Path(self.run_dir) / name for name in names)

    def share(self, bound: int) -> int:
        """Of a bound for all shadow workers together, what one of them may use."""
        return max(1, bound // self.shadow_workers)

    def with_(self, **changes: Any) -> Self:
        return replace(self, **changes)

    def to_environment(self) -> dict[str, str]:
        return {VARIABLE: json.dumps(asdict(self))}

    @classmethod
    def from_environment(cls) -> Settings:
        given = json.loads(os.environ[VARIABLE])
        return cls(**{**given, "admin_names": tuple(given["admin_names"])})
