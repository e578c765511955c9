"""``python -m bench.compare``: pairs per CPU-second of our comparison beside DeepDiff alone, on 10 KB JSON answers."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from deepdiff import DeepDiff

from proxy.model.table import CompareRules
from shadow.compare import compare
from shadow.model import Answer

TODAY = date(2026, 1, 1)
BARS = {"equal, other key order": 5000, "one field different": 2500}
"""Pairs per CPU-second that we must reach. Same bytes are no comparison at all, and have no bar."""


def document() -> dict[str, Any]:
    """About 10 KB: a page of orders as an API would list them."""
    return {
        "page": 3,
        "total": 811,
        "orders": [
            {
                "id": number,
                "customer": {"id": f"c-{number * 31}", "name": f"Customer number {number}", "tier": "gold"},
                "lines": [{"sku": f"SKU-{number}-{line}", "quantity": line + 1, "price": 9.95} for line in range(4)],
                "shipped": number % 3 == 0,
                "note": None,
            }
            for number in range(30)
        ],
    }


def pairs() -> dict[str, tuple[bytes, bytes]]:
    """Control and candidate by the kind of pair."""
    base = document()
    plain = json.dumps(base).encode()
    changed = document()
    changed["orders"][18]["lines"][2]["quantity"] = "3"
    return {
        "same bytes": (plain, plain),
        "equal, other key order": (
            plain,
            json.dumps(base, sort_keys=True, indent=None, separators=(",", ":")).encode(),
        ),
        "one field different": (plain, json.dumps(changed, sort_keys=True).encode()),
    }


def rate(once: Callable[[], object], seconds: float) -> float:
    """Calls per CPU-second of this process."""
    once()
    count, began = 0, time.process_time()
    while (used := time.process_time() - began) < seconds:
        once()
        count += 1
    return count / used


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.compare", description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="CPU seconds for each figure")
    parser.add_argument("--output", type=Path, default=Path("var/bench/compare.json"))
    options = parser.parse_args()
    figures = {}
    failed = False
    print(f"{'pair':26}{'bytes':>8}{'ours/CPU-s':>12}{'DeepDiff/CPU-s':>16}{'bar':>7}")
    for name, (left, right) in pairs().items():
        ours = rate(lambda left=left, right=right: _ours(left, right), options.seconds)  # type: ignore[misc]  # mypy has no lambda defaults
        theirs = rate(lambda left=left, right=right: _deepdiff(left, right), options.seconds)  # type: ignore[misc]  # see above
        if bool(_ours(left, right)) != bool(_deepdiff(left, right)):
            raise SystemExit(f"bench: the verdicts on {name!r} differ")
        bar = BARS.get(name)
        print(f"{name:26}{len(left):8}{ours:12.0f}{theirs:16.0f}{bar or '':>7}")
        figures[name] = {"bytes": len(left), "ours": ours, "deepdiff": theirs, "bar": bar}
        failed |= bar is not None and ours < bar
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(figures, indent=2))
    print(f"{'a bar is missed' if failed else 'all bars reached'}; details: {options.output}")
    return 1 if failed else 0


def _ours(left: bytes, right: bytes) -> object:
    headers = [(b"Content-Type", b"application/json")]
    return compare(Answer(200, headers, left), Answer(200, headers, right), CompareRules(), today=TODAY).differences


def _deepdiff(left: bytes, right: bytes) -> object:
    return DeepDiff(
        json.loads(left),
        json.loads(right),
        ignore_order=False,
        zip_ordered_iterables=True,
        threshold_to_diff_deeper=0,
        ignore_private_variables=False,
    )


if __name__ == "__main__":
    sys.exit(main())
