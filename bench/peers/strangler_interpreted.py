"""Ours as pip installs it from source, without a compiler: the same modules, read by the interpreter."""

from __future__ import annotations

import sys

from bench.peers import strangler
from bench.scene import Scene

NAME = "strangler-interpreted"
PROGRAMS: dict[str, str] = {}
is_live_path = strangler.is_live_path


def command(scene: Scene) -> list[str]:
    return [sys.executable, *strangler.command(scene)[1:]]
