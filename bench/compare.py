"""``python -m bench.compare``: pairs of JSON answers per CPU-second, ours beside general tools for differences, in one run.

Every engine gets the bytes of two bodies and parses them itself; ours compares whole answers. A tool that needs too long for
one pair is cut off. Needs the dependency group ``bench``.
"""

from __future__ import annotations

import argparse
import importlib
import json
import signal
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import FrameType
from typing import Any

from deepdiff import DeepDiff

from bench import documents
from proxy.model.table import CompareRules
from shadow.compare import Limits, compare
from shadow.model import Answer

TODAY = date(2026, 1, 1)
SIZES = {"1 KB": 3, "10 KB": 30, "100 KB": 300, "1 MB": 3000}
"""Orders in the document."""
BARS = {("10 KB", "equal, other key order"): 100, ("10 KB", "one field different"): 70}
"""So many times DeepDiff's pairs per CPU-second, as it is, must we do in the same rounds."""
DESIGN = 50
"""What DeepDiff does where the design asks for absolute figures: ours are the bars times that."""
OTHER = "DeepDiff"
LIMITS = Limits(clock=time.thread_time)

Engine = Callable[[bytes, bytes], object]
Rates = dict[str, float | None]
"""Pairs per CPU-second by the name of the engine; None for one that was cut off."""


class CutOff(BaseException):
    """Too long for one pair. No Exception, so that no tool catches it."""


def document(orders: int) -> dict[str, Any]:
    """A page of orders as an API would list them; 30 of them are about 10 KB."""
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
            for number in range(orders)
        ],
    }


def pairs(orders: int) -> dict[str, tuple[bytes, bytes]]:
    """Control and candidate by the kind of pair."""
    base, changed = document(orders), document(orders)
    changed["orders"][orders * 3 // 5]["lines"][2]["quantity"] = "3"
    plain = json.dumps(base).encode()
    return {
        "equal, other key order": (plain, json.dumps(base, sort_keys=True, separators=(",", ":")).encode()),
        "one field different": (plain, json.dumps(changed, sort_keys=True).encode()),
    }


def ours(left: bytes, right: bytes) -> object:
    headers = [(b"Content-Type", b"application/json")]
    sides = Answer(200, headers, left), Answer(200, headers, right)
    return compare(*sides, CompareRules(), today=TODAY, limits=LIMITS).differences


def deepdiff_as_it_is(left: bytes, right: bytes) -> object:
    return DeepDiff(json.loads(left), json.loads(right))


def deepdiff_exact(left: bytes, right: bytes) -> object:
    """As shadow/rendering/render.py configures it."""
    return DeepDiff(
        json.loads(left),
        json.loads(right),
        ignore_order=False,
        zip_ordered_iterables=True,
        threshold_to_diff_deeper=0,
        ignore_private_variables=False,
    )


def peers() -> dict[str, Engine]:
    """Raises ImportError."""
    jsondiff, dictdiffer = importlib.import_module("jsondiff"), importlib.import_module("dictdiffer")
    return {
        "DeepDiff": deepdiff_as_it_is,
        "DeepDiff exact": deepdiff_exact,
        "jsondiff": lambda left, right: jsondiff.diff(json.loads(left), json.loads(right)),
        "dictdiffer": lambda left, right: list(dictdiffer.diff(json.loads(left), json.loads(right))),
    }


def rate(once: Callable[[], object], seconds: float, cut: float) -> float | None:
    """Calls per CPU-second of this process; None if one takes longer than ``cut``."""
    signal.setitimer(signal.ITIMER_PROF, cut)
    began = time.process_time()
    try:
        once()
    except CutOff:
        return None
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    if (first := time.process_time() - began) > seconds:
        return 1 / first  # what takes so long needs no warming up
    count, began = 0, time.process_time()
    while (used := time.process_time() - began) < seconds:
        once()
        count += 1
    return count / used


def measure(engines: dict[str, Engine], options: argparse.Namespace) -> list[dict[str, Any]]:
    print(f"{'size':8}{'pair':24}" + "".join(f"{name:>16}" for name in engines) + f"{'bar':>12}")
    rows = []
    for size, orders in SIZES.items():
        for name, (left, right) in pairs(orders).items():
            if bool(ours(left, right)) != (name == "one field different"):
                raise SystemExit(f"bench: the verdict on {size}, {name!r} is wrong")
            least = BARS.get((size, name))
            print(f"{size:8}{name:24}", end="", flush=True)
            rounds = [_round(engines, left, right, options) for _ in range(options.rounds if least else 1)]
            row = {"size": size, "bytes": len(left), "pair": name, **summary(rounds), "bar": least}
            told = "".join(f"{_told(one, options.cut):>16}" for one in row["rates"].values())
            print(f"{told}{f'{least} times' if least else '':>12}", flush=True)
            rows.append(row)
    return rows


def _round(engines: dict[str, Engine], left: bytes, right: bytes, options: argparse.Namespace) -> Rates:
    return {name: rate(lambda run=run: run(left, right), options.seconds, options.cut) for name, run in engines.items()}  # type: ignore[misc]  # mypy has no lambda defaults


def summary(rounds: list[Rates]) -> dict[str, Any]:
    """Medians, and how many times DeepDiff ours did, round by round; None for a tool that was cut off."""
    rates = {
        name: None if None in several else statistics.median(one for one in several if one is not None)
        for name in rounds[0]
        for several in [[one[name] for one in rounds]]
    }
    ratios = [mine / theirs for one in rounds if (mine := one["ours"]) and (theirs := one[OTHER])]
    times = statistics.median(ratios) if ratios else None
    return {"rates": rates, "times": times, "ratios": ratios}


def _told(rate: float | None, cut: float) -> str:
    return f"> {cut:g} s" if rate is None else f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"


def _cut_off(_signal: int, _frame: FrameType | None) -> None:
    raise CutOff


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.compare", description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.4, help="CPU seconds for each figure")
    parser.add_argument("--rounds", type=int, default=5, help="for each figure that a bar is about")
    parser.add_argument(
        "--cut", type=float, default=1.0, help="CPU seconds for one pair, after which a tool is cut off"
    )
    parser.add_argument("--output", type=Path, default=documents.FOLDER / "compare.json")
    options = parser.parse_args()
    signal.signal(signal.SIGPROF, _cut_off)
    try:
        engines = {"ours": ours, **peers()}
    except ImportError as error:
        raise SystemExit(f"bench: {error}; make bench installs it (dependency group bench)") from error
    rows = measure(engines, options)
    bars = [judged(row) for row in rows if row["bar"] is not None]
    return documents.leave(options.output, bars, cut=options.cut, rows=rows)


def judged(row: dict[str, Any]) -> documents.Judged:
    own, theirs, least = row["rates"]["ours"], row["rates"][OTHER], row["bar"]
    return documents.judged(
        f"compare, {row['size']}, {row['pair']}",
        f"{row['times']:.0f} times {OTHER} ({own:,.0f} pairs per CPU-second beside its {theirs:,.0f})",
        f"{least} times ({least * DESIGN:,} where it does {DESIGN})",
        fine=row["times"] >= least,
    )


if __name__ == "__main__":
    sys.exit(main())
