"""Which versions were measured."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from importlib.metadata import version
from typing import Final

from bench.programs import program

_ASKED: Final = {"nginx": "-v", "haproxy": "-v", "envoy": "--version", "caddy": "version", "traefik": "version"}
"""The argument with which each program tells its version."""
_LIBRARIES: Final = ("strangler", "aiohttp", "uvloop", "httptools")
_NUMBER: Final = re.compile(r"(?<![\d.])\d+\.\d+\.\d+")


def versions(peers: Iterable[str]) -> dict[str, str]:
    """Of the programs among ``peers``, and of what ours is made of."""
    found = {name: _told(name) for name in _ASKED if name in set(peers)}
    return found | {name: version(name) for name in _LIBRARIES}


def _told(name: str) -> str:
    said = subprocess.run([program(name), _ASKED[name]], capture_output=True, text=True, check=True, timeout=10)
    number = _NUMBER.search(said.stdout + said.stderr)
    return number[0] if number else "of unknown version"
