"""The proxies under test. A peer is one file here; adding one needs no other edit.

Each does the same work: routes by path, a sticky 50/50 split by the cookie ``session``, keep-alive to both backends,
forwarding headers, an access log to a file, counters on.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Protocol, cast

from bench.scene import Scene


class Peer(Protocol):
    """What a module in this folder provides."""

    NAME: str
    PROGRAMS: dict[str, str]
    """Programs it needs: name -> Debian package."""

    @staticmethod
    def command(scene: Scene) -> list[str]:
        """Write the configuration into ``scene.directory`` and return the command line that runs in the foreground."""

    @staticmethod
    def is_live_path(command_line: str) -> bool:
        """Whether this process of the peer serves requests; only those are charged."""


def peers() -> dict[str, Peer]:
    """All peers by name, ours first."""
    modules = [
        cast("Peer", importlib.import_module(f"{__name__}.{found.name}")) for found in pkgutil.iter_modules(__path__)
    ]
    return {peer.NAME: peer for peer in sorted(modules, key=lambda peer: (peer.NAME != "strangler", peer.NAME))}
