"""What a bench leaves behind: one JSON document in ``var/bench/``, all of the same form, with the bars that it was judged by.

A bar is a row of data. Judged, it is ``words`` that a person reads, and whether it is ``fine``.
"""

from __future__ import annotations

import json
import os
import platform
import sysconfig
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

FOLDER: Final = Path("var/bench")

AT_REFERENCE: Final = "at the reference speed"

Judged = dict[str, Any]
"""``words`` and ``fine``, and whatever else the bench wants to say."""


class Bar(NamedTuple):
    """The figure ``name`` of a bench, which is ``what`` in words, may be ``most`` at most."""

    name: str
    what: str
    most: float
    unit: str

    def judge(self, value: float, speed: float | None = None) -> Judged:
        """``value`` is a time if there is a ``speed``, and judged as it would be at the reference speed (``bench.yardstick``)."""
        counts, said = value, f"{value:,.4g} {self.unit}"
        if speed is not None:
            counts = value * speed
            said += f" as measured, {counts:,.4g} {self.unit} {AT_REFERENCE}"
        return judged(self.what, said, f"{self.most:,g} {self.unit}", fine=counts <= self.most)


def judge(bars: Iterable[Bar], figures: Mapping[str, float], speed: float | None = None) -> list[Judged]:
    return [bar.judge(figures[bar.name], speed) for bar in bars]


def judged(what: str, value: str, bar: str, *, fine: bool, **more: Any) -> Judged:
    return {"words": f"{what}: {value}; the bar is {bar}: {'reached' if fine else 'missed'}", "fine": fine, **more}


def leave(output: Path, bars: list[Judged], **content: Any) -> int:
    """Write the document, tell how the bars came out, and return the exit status that follows from it."""
    document = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine(), **content, "bars": bars}
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(document, indent=2) + "\n")
    print(*(bar["words"] for bar in bars), f"details: {output}", sep="\n")
    return 0 if all(bar["fine"] for bar in bars) else 1


def machine() -> dict[str, object]:
    return {
        "python": f"{platform.python_version()}, {platform.python_compiler()}",
        "optimised": "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or ""),
        "kernel": platform.release(),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
    }


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
