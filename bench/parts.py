"""``python -m bench.parts``: what ``make bench`` does, part after part, the page, and how long each took.

A part that fails or misses a bar holds up none of the others. ``planned`` is what a part may take on a fresh clone with two slow cores (a third of the
reference speed, see ``bench.yardstick``); a test holds the sum under the time that the whole may take.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Final, NamedTuple

from bench.documents import FOLDER

SETTING_UP: Final = "setting up"
"""The virtual environment and what is measured beside ours, before any Python of ours can run."""


class Part(NamedTuple):
    """A module that is run, and its planned seconds."""

    module: str
    planned: int


PARTS: Final = (
    Part("bench.prepare", 145),
    Part("bench", 380),
    Part("bench.compare", 45),
    Part("bench.shadow", 43),
    Part("bench.isolation", 80),
    Part("bench.memory", 18),
    Part("bench.websocket", 23),
    Part("bench.workers", 20),
    Part("bench.beginning", 16),
    Part("bench.pages", 48),
    Part("bench.page", 1),
)
PLANNED: Final = {SETTING_UP: 70, **dict(PARTS)}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.parts", description=__doc__)
    parser.add_argument("--since", type=float, default=time.time(), help="Unix time at which setting up began")
    options = parser.parse_args()
    took = {SETTING_UP: time.time() - options.since}
    failed = []
    forget(PARTS)
    for part in PARTS:
        began = time.monotonic()
        if subprocess.run([sys.executable, "-m", part.module], check=False).returncode:
            failed.append(part.module)
        took[part.module] = time.monotonic() - began
    print("", *lines(took, failed), sep="\n")
    return 1 if failed else 0


def forget(parts: tuple[Part, ...]) -> None:
    """What earlier runs left: the page must not tell it as measured now where a part fails."""
    for part in parts:
        (FOLDER / f"{part.module.rpartition('.')[2]}.json").unlink(missing_ok=True)


def lines(took: dict[str, float], failed: list[str]) -> Iterator[str]:
    yield f"{'part':18}{'seconds':>8}{'planned':>9}"
    for name, seconds in took.items():
        late = "  longer than planned" if seconds > PLANNED[name] else ""
        missed = "  failed or missed a bar" if name in failed else ""
        yield f"{name:18}{seconds:8.0f}{PLANNED[name]:9}{late}{missed}"
    yield f"{'all':18}{sum(took.values()):8.0f}{sum(PLANNED.values()):9}"


if __name__ == "__main__":
    sys.exit(main())
