"""How fast this machine is just now, for what has to end within a bound: machines differ, and one machine does from minute to minute."""

from __future__ import annotations

from bench.yardstick import REFERENCE_MS, piece_ms

LOOK_SECONDS = 0.05


def patience(seconds: float) -> float:
    """``seconds`` of processor time at the reference speed (``bench.yardstick``), as this machine needs for the same now; never fewer."""
    return seconds * max(1.0, piece_ms(LOOK_SECONDS) / REFERENCE_MS)
