"""``python -m bench.calibration``: what the piece of ``bench.yardstick`` takes on a machine where DeepDiff does what it does at the reference speed.

Both are measured in turn, several times; their proportion is that of the code, not of the machine.
"""

from __future__ import annotations

import statistics
import sys
from typing import Final

from bench.compare import SIZES, deepdiff_as_it_is, pairs, rate
from bench.yardstick import DEEPDIFF, REFERENCE_MS, piece_ms

ROUNDS: Final = 9
SECONDS: Final = 1.0
PATIENCE: Final = 60.0


def main() -> int:
    left, right = pairs(SIZES["10 KB"])["equal, other key order"]
    found = []
    for _ in range(ROUNDS):
        done = rate(lambda: deepdiff_as_it_is(left, right), SECONDS, PATIENCE)
        if done is None:
            raise SystemExit(f"bench: DeepDiff took over {PATIENCE:g} s for one pair")
        took = piece_ms(SECONDS)
        found.append(took * done / DEEPDIFF)
        print(f"DeepDiff {done:6.1f} pairs per CPU-second, the piece {took:7.3f} ms: {found[-1]:.3f} ms", flush=True)
    print(f"at the reference speed {statistics.median(found):.3f} ms; in force: {REFERENCE_MS} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
