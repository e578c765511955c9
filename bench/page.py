"""``python -m bench.page``: what was measured, as ``docs/performance.md``, and the README's sentence about speed.

It reads what the benches left in ``var/bench/`` and keeps the figures in ``docs/performance.json``, from which the page and the sentence are
made; a test holds all three together. ``--check`` writes nothing and fails where they differ.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from bench.documents import AT_REFERENCE
from bench.scenarios import COPYING, LATENCY, SCENARIOS, YARDSTICK

MEASURED: Final = Path("var/bench")
KEPT: Final = Path("docs/performance.json")
PAGE: Final = Path("docs/performance.md")
README: Final = Path("README.md")
BEGIN, END = "<!-- from docs/performance.json -->", "<!-- end -->"

Figures = dict[str, Any]
"""By the name of a bench, its document without single rounds."""

INTRODUCTION: Final = """\
# Performance

This page is made by `python -m bench.page` from what `make bench` measured; every figure is in [performance.json](performance.json). Repeat it with
`make bench` on a machine with two cores and Debian's packages.

One core runs the proxy, the other the load and the origin, nginx with constant answers. All proxies are up at once and loaded in turn, in
interleaved rounds. What counts is **requests per CPU-second** of the processes that serve requests (user and system time, from `/proc`), and their
ratio to nginx in the same round: machines differ, and one machine differs from minute to minute, but a ratio within a round says
what a request costs. Each proxy does the same work: routes by path, a sticky split by a cookie, forwarding headers, an access log, counters.
Configurations are in `bench/peers/`, one file each; argue with them.

What we call `strangler` is compiled as in the container image ([decision 12](decisions/0012-the-live-path-may-be-compiled.md)), `-interpreted` is the same source
without that, `-guarded` has health checks, a breaker, a bulkhead, ejection, retries, a rate limit and a total time limit on every route, `-shadow-10` and `-shadow-100` copy a
tenth and all of the requests to the other side; then what the shadow worker takes is not charged, since it may have a core of its own.

**How fast is the machine?** Machines differ by a factor of three, also the same one at another hour, so an absolute figure alone says little. Where another
program does the same work in the same run, the bar is a ratio to it. Where none does (pairs through the shadow worker, starting, pages over a million
pairs), a fixed piece of Python is run beside it, the yardstick of `bench/yardstick.py`, and the figure is given twice: as measured, and as it would be at the
**reference speed**, that of a quiet machine where DeepDiff compares 45 pairs of 10 KB in a CPU-second. The bars are judged by the latter. That is an estimate:
not everything slows down as the yardstick does, and waiting does not at all. See [decision 20](decisions/0020-bars-are-ratios.md).
"""

HALF: Final = """\
That is half of what strangler can do. Requests are sent when they are due, whether or not earlier ones are answered, and time runs from then.

The *usual p99* is the median of the p99 of each tenth of a second: a virtual machine that stands still now and then makes the p99 of all, whatever is
measured ([decision 20](decisions/0020-bars-are-ratios.md)). *Added* is what it is beyond that of the origin."""
BESIDE: Final = "None, a tenth and all of the requests are copied; the shadow worker has to do with what the proxy worker leaves of the same core."


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.page", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 where page or README differ from the figures"
    )
    options = parser.parse_args()
    if not options.check:
        KEPT.write_text(json.dumps(collected(MEASURED), indent=1) + "\n")
    figures = json.loads(KEPT.read_text())
    made = {PAGE: page(figures), README: with_sentence(README.read_text(), sentence(figures))}
    differing = [path for path, text in made.items() if not path.exists() or path.read_text() != text]
    for path in differing:
        if options.check:
            print(f"{path} is not what {KEPT} says: python -m bench.page", file=sys.stderr)
        else:
            path.write_text(made[path])
    return 1 if options.check and differing else 0


def collected(directory: Path) -> Figures:
    """What each bench measured, without its single rounds. Raises SystemExit if the main bench did not run."""
    found = {path.stem: json.loads(path.read_text()) for path in sorted(directory.glob("*.json"))}
    if "bench" not in found:
        raise SystemExit(f"bench: no figures in {directory}/: run make bench first")
    return {name: _without_rounds(document) for name, document in found.items()}


def _without_rounds(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_rounds(one) for key, one in value.items() if key not in {"rounds", "ratios"}} | _spread(
            value
        )
    if isinstance(value, list):
        return [_without_rounds(one) for one in value]
    return round(value, 4) if isinstance(value, float) else value


def _spread(value: dict[str, Any]) -> dict[str, Any]:
    ratios = value.get("ratios")
    return {"spread": [round(min(ratios), 4), round(max(ratios), 4)]} if ratios else {}


def page(figures: Figures) -> str:
    return "\n".join(_lines(figures)).rstrip() + "\n"


def _lines(figures: Figures) -> Iterator[str]:
    yield INTRODUCTION
    yield from _measured_on(figures["bench"])
    scenarios = figures["bench"]["scenarios"]
    for scenario in SCENARIOS:
        if scenario.name in scenarios:
            yield from _throughput(scenario.title, scenarios[scenario.name])
    if LATENCY.name in scenarios:
        yield from _latency(scenarios[LATENCY.name], HALF)
    if COPYING.name in scenarios:
        yield from _latency(scenarios[COPYING.name], BESIDE)
    if "compare" in figures:
        yield from _compare(figures["compare"]["rows"], figures["compare"].get("cut", 10))
    if "shadow" in figures:
        yield from _shadow(figures["shadow"]["rows"])
    yield from _speeds(figures)
    yield from _bars(figures)


def _measured_on(bench: dict[str, Any]) -> Iterator[str]:
    machine = bench["machine"]
    yield f"Measured on {bench['at'][:10]}: {machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}; Python {machine['python']};"
    yield ", ".join(f"{name} {version}" for name, version in bench["versions"].items()) + "."
    yield ""


def _throughput(title: str, peers: dict[str, Any]) -> Iterator[str]:
    yield f"## {title[0].upper()}{title[1:]}"
    yield ""
    yield f"| proxy | requests per CPU-second | of {YARDSTICK}, median | lowest to highest round | requests/s | p50 ms | p99 ms | MB |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|"
    for name, one in peers.items():
        ratio = f"{one['ratio']:.2f}" if one["ratio"] else ""
        spread = "{:.2f} to {:.2f}".format(*one["spread"]) if "spread" in one and name != YARDSTICK else ""
        yield (
            f"| {name} | {one['requests_per_cpu_second']:,.0f} | {ratio} | {spread} | {one['requests_per_second']:,.0f} "
            f"| {one['p50_ms']:.2f} | {one['p99_ms']:.2f} | {one['resident_mb']:.0f} |"
        )
    yield ""


def _latency(peers: dict[str, Any], said: str) -> Iterator[str]:
    rate = next(iter(peers.values()))["rate"]
    yield f"## Latency at {rate:,.0f} requests a second"
    yield ""
    yield said
    yield ""
    yield "| proxy | p50 ms | p90 ms | p99 ms | p99.9 ms | usual p99, ms | added, ms |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for name, one in peers.items():
        yield (
            f"| {name} | {one['p50_ms']:.2f} | {one['p90_ms']:.2f} | {one['p99_ms']:.2f} | {one['p999_ms']:.2f} "
            f"| {one['usual_p99_ms']:.2f} | {one['added_p99_ms']:.2f} |"
        )
    yield ""


def _compare(rows: list[dict[str, Any]], cut: float) -> Iterator[str]:
    engines = list(rows[0]["rates"])
    yield "## Comparing two JSON answers"
    yield ""
    yield f"Pairs per CPU-second, parsing included. Empty: one pair took over {cut:g} CPU-seconds."
    yield ""
    yield f"| size | pair | {' | '.join(engines)} |"
    yield f"|---|---|{'---:|' * len(engines)}"
    for row in rows:
        told = (
            f"{rate:,.0f}" if rate and rate >= 10 else f"{rate:.1f}" if rate else "" for rate in row["rates"].values()
        )
        yield f"| {row['size']} | {row['pair']} | {' | '.join(told)} |"
    yield ""


def _shadow(rows: list[dict[str, Any]]) -> Iterator[str]:
    yield "## The shadow worker"
    yield ""
    yield "Pairs per CPU-second of one shadow worker, from the tap to the store: received, replayed, compared, recorded. Where a field differs the"
    yield "control is asked once more."
    yield ""
    yield f"| answer | pair | pairs per CPU-second, as measured | {AT_REFERENCE} |"
    yield "|---|---|---:|---:|"
    for row in rows:
        scaled = f"{row['scaled']:,.0f}" if "scaled" in row else ""
        yield f"| {row['size']} | {row['pair']} | {row['rate']:,.0f} | {scaled} |"
    yield ""


def _speeds(figures: Figures) -> Iterator[str]:
    """How fast the machine was while that was measured which no other program does."""
    speeds = {name: document["speed"] for name, document in figures.items() if "speed" in document}
    if speeds:
        yield "## The machine's speed"
        yield ""
        yield "As a multiple of the reference speed, by the yardstick, while each of these ran:"
        yield ", ".join(f"`bench.{name}` {speed:.2f}" for name, speed in speeds.items()) + "."
        yield ""


def _bars(figures: Figures) -> Iterator[str]:
    yield "## Bars"
    yield ""
    for document in figures.values():
        for bar in document.get("bars", ()):
            yield f"- {bar['words']}" if bar["fine"] else f"- **{bar['words']}**"
    yield ""


def sentence(figures: Figures) -> str:
    """What the README says about speed."""
    bench = figures["bench"]
    peers = bench["scenarios"]["json"]
    ratio = {name: f"{one['ratio']:.2f}" for name, one in peers.items()}
    others = ", ".join(
        f"{bar['times']:.1f} times {bar['other'].capitalize()}"
        for bar in bench["bars"]
        if bar.get("peer") == "strangler" and bar["other"] != YARDSTICK  # that of copying is about ours alone
    )
    return (
        f"Per CPU-second strangler serves {ratio['strangler']} of the requests that {YARDSTICK} serves, {others} (1 KB of JSON, 50 routes, sticky split, "
        f"measured on {bench['at'][:10]}).\nWith every guard on it is {ratio['strangler-guarded']} of {YARDSTICK}, not compiled {ratio['strangler-interpreted']}. "
        "All figures, and how to repeat them with `make bench`: [performance](docs/performance.md)."
    )


def with_sentence(readme: str, said: str) -> str:
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"bench: {README} has no place for the sentence: {BEGIN} ... {END}")
    return f"{before}{BEGIN}\n{said}\n{END}{after}"


if __name__ == "__main__":
    sys.exit(main())
