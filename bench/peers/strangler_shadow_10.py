"""Ours with every route shadowed at 10 %: what copying costs the proxy worker."""

from __future__ import annotations

from bench.peers import strangler
from bench.scene import Scene

NAME = "strangler-shadow-10"
PROGRAMS = strangler.PROGRAMS
is_live_path = strangler.is_live_path


def command(scene: Scene) -> list[str]:
    return strangler.command(scene, route="    shadow: { sample: 10% }\n")
