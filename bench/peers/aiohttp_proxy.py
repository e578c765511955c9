"""What a Python team would write by itself, tuned: aiohttp's server and client on uvloop. See ``bench/handwritten.py``."""

from __future__ import annotations

import sys

from bench.scene import Scene

NAME = "aiohttp-proxy"
PROGRAMS: dict[str, str] = {}


def command(scene: Scene) -> list[str]:
    numbers = (scene.port, scene.legacy_port, scene.candidate_port, scene.routes)
    return [sys.executable, "-m", "bench.handwritten", *map(str, numbers), str(scene.directory / "access.log")]


def is_live_path(command_line: str) -> bool:
    return "bench.handwritten" in command_line
