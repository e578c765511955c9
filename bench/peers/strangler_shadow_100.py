"""Ours with every route shadowed at 100 %: what is not copied in time is dropped and counted, and users do not notice."""

from __future__ import annotations

from bench.peers import strangler
from bench.scene import Scene

NAME = "strangler-shadow-100"
PROGRAMS = strangler.PROGRAMS
is_live_path = strangler.is_live_path


def command(scene: Scene) -> list[str]:
    return strangler.command(scene, route="    shadow: { sample: 100% }\n")
