"""``python -m bench.isolation``: whether users notice what goes wrong on the shadow's side, with every request copied.

One worker answers at a fixed rate that keeps its core a third busy, and legacy is always the primary. One condition after the other befalls its
shadow: candidates that hang, drip, fail or answer far too much, a shadow worker that is stopped, a store that is locked. A run without a copy
stands before and after each of them, and what counts is the usual p99 (``bench.open_loop``) against the
mean of the two.

The question is whether the *proxy worker* suffers, so it has core 0 for itself. Load and origin have core 1, and wait for nobody there
(SCHED_FIFO, which takes root); the shadow worker, the candidates, the console and the supervisor are there too, and get only what those two leave
(SCHED_IDLE). Else the load would wait for a processor that the shadow worker has, and measure that: a core that is shared too widely, which
decision 15 is about. Measured: a loop that does nothing, of the idle class, on the load's core took p99 from 1.7 to 6.5 ms, and with the load
going first to 1.3.

A third busy by the processor time that requests take at that rate. They take about twice as long as with all connections busy (195 microseconds beside 103), since fewer of
them share a turn of the loop: a third of the highest throughput is a core that is 60 % busy, where a request waits for others more often than not, and for what a
copy takes (``us``, for each request) with them.

Virtual machines are held up by their hosts. Runs in which that befell the two cores for more than 2 % of the time (``steal``) are made again, a few times, and the
least disturbed one counts; of failed requests and memory, all do.

Rounds follow each other as long as the time for them lasts: of a quiet host there are more, since no run is made again. After two of them only conditions that
seem to be over the bar are looked at.

Two runs of the same differ, too. How far is measured in this very run: each run without a copy is judged like a condition against the two around it,
and as many of these judgements as there are conditions give the ``noise``, the highest of them. Where p99 is over the bar by no more than that, the
bar counts as reached, and its words say so.
"""

from __future__ import annotations

import argparse
import itertools
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from os import kill
from pathlib import Path
from signal import SIGCONT, SIGSTOP
from typing import Any, Final, NamedTuple

from bench import documents, hostile, load, processes
from bench.instance import MB, Instance, constants, instance
from bench.peers import strangler
from bench.programs import require
from bench.scene import free_port

WORKER_CORE, OTHER_CORE = 0, 1
SHARE: Final = 1 / 3
"""Of the worker's core, without a copy."""
STOLEN: Final = 0.02
"""Share of a run's time that the host may take from either core."""
OFF: Final = "alone"
TAP_MB: Final = 32 * 1024 * 1024 / MB
"""What the tap holds by default for a shadow worker that does not read, or not so fast: on one core it gets what the proxy worker leaves."""
OPTIONS: Final = ("--watchdog", "0", "--shadow-queue-bytes", "1MiB")
"""A shadow worker that is stopped stays so; what waits in it is dealt with before the next run."""

SURE: Final = 2
"""Rounds of every condition."""
P99: Final = 0.05
"""Share by which p99 may be later than without a copy."""
GROWTH_MB: Final = 16.0
"""Beyond what the tap holds."""


@contextmanager
def stopped(running: Instance) -> Iterator[None]:
    pid = running.shadow_worker()
    kill(pid, SIGSTOP)
    try:
        yield
    finally:
        kill(pid, SIGCONT)


@contextmanager
def locked(running: Instance) -> Iterator[None]:
    """Another writer's transaction does not end."""
    with closing(sqlite3.connect(running.store, isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


def nothing(_: Instance) -> AbstractContextManager[None]:
    return nullcontext()


@dataclass(frozen=True, slots=True)
class Condition:
    """``candidate`` gets the copies while ``fault`` lasts."""

    name: str
    title: str
    candidate: str = "healthy"
    fault: Callable[[Instance], AbstractContextManager[None]] = nothing


CONDITIONS: Final = (
    Condition("healthy", "a healthy candidate"),
    Condition("refused", "a candidate that refuses connections", "refused"),
    Condition("hung", "a candidate that hangs", "hung"),
    Condition("dripping", "a candidate that sends a byte a second", "dripping"),
    Condition("broken", "a candidate that answers 500", "broken"),
    Condition("huge", "a candidate that answers 100 MB", "huge"),
    Condition("cut", "a candidate that resets in mid-answer", "cut"),
    Condition("locked", "a locked store", fault=locked),
    Condition("stopped", "a stopped shadow worker", fault=stopped),
)


class _Ratio(NamedTuple):
    """``disturbed``: the host took more than a little from one of the three runs."""

    value: float
    disturbed: bool


def _ratio(before: dict[str, float], own: dict[str, float], after: dict[str, float]) -> _Ratio:
    off = statistics.mean((before["usual_p99_ms"], after["usual_p99_ms"]))
    return _Ratio(own["usual_p99_ms"] / off, any(one["stolen"] > STOLEN for one in (before, own, after)))


def _least_disturbed(ratios: list[_Ratio]) -> list[float]:
    """Those that count: of calm runs if there are any, else all."""
    calm = [one.value for one in ratios if not one.disturbed]
    return calm or [one.value for one in ratios]


@dataclass(slots=True)
class Runs:
    """In the order of time: one without a copy, one of a condition, one without a copy, ..."""

    off: list[dict[str, float]] = field(default_factory=list)
    of: dict[str, list[dict[str, float]]] = field(default_factory=dict)
    between: list[tuple[str, int]] = field(default_factory=list)
    """Name of a condition, and the index of the run without a copy that came before it."""

    def ratios(self) -> dict[str, list[float]]:
        """The usual p99 of each run of a condition, as a multiple of that of the two runs without a copy around it."""
        found: dict[str, list[_Ratio]] = {name: [] for name in self.of}
        for name, before in self.between:
            if before + 1 == len(self.off):  # the run after it is still to come
                break
            own = self.of[name][len(found[name])]
            found[name].append(_ratio(self.off[before], own, self.off[before + 1]))
        return {name: _least_disturbed(ratios) for name, ratios in found.items()}

    def noise(self) -> float:
        """The highest of as many ratios as there are conditions, of runs without a copy."""
        ratios = [_ratio(*three) for three in zip(self.off, self.off[1:], self.off[2:], strict=False)]
        count = min(len(self.of), len(ratios))
        return max((statistics.median(_least_disturbed(ratios[at::count])) for at in range(count)), default=1.0)


def main() -> int:
    options = _options()
    require({**strangler.PROGRAMS, "wrk": "wrk", "nginx": "nginx-light", "taskset": "util-linux", "chrt": "util-linux"})
    chosen = [condition for condition in CONDITIONS if condition.name in options.conditions]
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="strangler-bench-")))
        running, first = _start(directory, stack)
        rate = _rate(running, first=first)
        runs = _measure(running, chosen, rate, options, first=first)
        counts = _counts(running)
    figures = results(runs, counts)
    print("\n".join(lines(rate, figures, runs)), end="\n\n")
    return documents.leave(
        options.output,
        bars(chosen, figures, runs.noise()),
        rate=rate,
        off={name: statistics.median(one[name] for one in runs.off) for name in ("usual_p99_ms", "us", "stolen")}
        | {"rounds": runs.off},
        noise=runs.noise(),
        conditions=figures,
    )


def _start(directory: Path, stack: ExitStack) -> tuple[Instance, bool]:
    """The instance, and whether the load may go first."""
    legacy, _, origin = stack.enter_context(constants(directory / "legacy", core=OTHER_CORE))
    # A process of its own: the copies must not keep the origin of the users busy.
    healthy, _, candidate = stack.enter_context(constants(directory / "candidate", core=OTHER_CORE))
    processes.give_way(candidate)
    ports = {kind: free_port() for kind in hostile.KINDS}
    command = [sys.executable, "-m", "bench.hostile", *(f"{kind}:{port}" for kind, port in ports.items())]
    bad = processes.start(command, core=OTHER_CORE, log=directory / "hostile.log")
    stack.callback(processes.stop, bad)
    processes.give_way(bad.pid)
    backends = {"legacy": legacy, "healthy": healthy, "refused": free_port(), **ports}
    running = stack.enter_context(
        instance(directory / "instance", legacy, *OPTIONS, table=table(backends), core=OTHER_CORE)
    )
    (worker,) = running.workers()
    processes.pin(worker, WORKER_CORE)
    processes.give_way(running.pid, but=[worker])
    first = processes.go_first(origin)
    if not first:
        print(
            "bench: without root the load cannot go first on its core: p99 will be of that core, too", file=sys.stderr
        )
    return running, first


def table(backends: dict[str, int]) -> str:
    """A route for each condition, and one that is not copied."""
    named = "".join(f"  {name}: {{ url: 'http://127.0.0.1:{port}' }}\n" for name, port in backends.items())
    routes = "".join(
        f"  - {{ name: {one.name}, match: {{ path: '/{one.name}/**' }}, backend: legacy,"
        f" shadow: {{ sample: 100%, candidate: {one.candidate}, timeout: 1s }} }}\n"
        for one in CONDITIONS
    )
    off = f"  - {{ name: {OFF}, match: {{ path: '/{OFF}/**' }}, backend: legacy }}\n"
    return f"version: 1\nbackends:\n{named}routes:\n{off}{routes}"


def _rate(running: Instance, *, first: bool) -> float:
    """What a request costs depends on the rate, so it is looked at again at that rate."""
    rate = 500.0
    for _ in range(3):
        seen = _try(running, OFF, rate, 1.0, first=first)
        rate = max(100.0, SHARE * 1e6 / seen["us"] // 100 * 100)
    return rate


def _measure(
    running: Instance, chosen: list[Condition], rate: float, options: argparse.Namespace, *, first: bool
) -> Runs:
    runs = Runs(of={condition.name: [] for condition in chosen})
    _once(running, OFF, rate, options, first=first)
    for number in rounds(options.budget):
        for condition in due(chosen, runs):
            print(f"isolation {number} {condition.name}", file=sys.stderr, flush=True)
            runs.between.append((condition.name, len(runs.off)))
            runs.off.append(_once(running, OFF, rate, options, first=first))
            with condition.fault(running):
                runs.of[condition.name].append(_once(running, condition.name, rate, options, first=first))
    runs.off.append(_once(running, OFF, rate, options, first=first))
    return runs


def due(chosen: list[Condition], runs: Runs) -> list[Condition]:
    """All of them twice; from then on those that seem to be over the bar, if there are any. A hundredth of the requests of a run are few: of nine
    conditions that do nobody harm, one or two are over it by chance, and will not be again."""
    ratios = runs.ratios()
    if any(len(runs.of[condition.name]) < SURE for condition in chosen):
        return chosen
    over = [one for one in chosen if ratios[one.name] and statistics.median(ratios[one.name]) > 1 + P99]
    return over or chosen


def rounds(budget: float) -> Iterator[int]:
    """Numbers from 1 on, as long as another round like the last one would end within ``budget`` seconds."""
    began = now = time.monotonic()
    for number in itertools.count(1):
        yield number
        before, now = now, time.monotonic()
        if 2 * now - before - began > budget:
            return


def _once(running: Instance, route: str, rate: float, options: argparse.Namespace, *, first: bool) -> dict[str, float]:
    """The run that the host disturbed least, with what went wrong in any."""
    tries: list[dict[str, float]] = []
    while len(tries) < options.tries and all(one["stolen"] > STOLEN for one in tries):
        # Before each run, not after some: a run right after another finds the processor warm.
        processes.wait_until_idle(running.pid)
        tries.append(_try(running, route, rate, options.seconds, first=first))
    chosen = min(tries, key=lambda one: one["stolen"])
    summed = {name: sum(one[name] for one in tries) for name in ("requests", "failed")}
    return {**chosen, **summed, "grown_mb": max(one["grown_mb"] for one in tries), "tries": len(tries)}


def _try(running: Instance, route: str, rate: float, seconds: float, *, first: bool) -> dict[str, float]:
    """``us``: processor time of the worker for each request, in microseconds; ``stolen``: share of the time that the host took from
    either core."""
    (worker,) = running.workers()
    processes.forget_peak(worker)
    before, busy = processes.resident(worker), processes.processor_seconds(worker)
    stolen = [processes.stolen_seconds(core) for core in (WORKER_CORE, OTHER_CORE)]
    seen = load.steady(running.scene.port, rate, seconds, core=OTHER_CORE, prefix=f"/{route}", goes_first=first)
    stolen_now = [processes.stolen_seconds(core) for core in (WORKER_CORE, OTHER_CORE)]
    return {
        **seen,
        "grown_mb": (processes.peak(worker) - before) / MB,
        "us": 1e6 * (processes.processor_seconds(worker) - busy) / seen["requests"],
        "stolen": round(max(now - then for now, then in zip(stolen_now, stolen, strict=True)) / seconds, 3),
    }


def _counts(running: Instance) -> dict[str, dict[str, float]]:
    """What became of the copies, by route: proof that there were any."""
    copied, skipped = running.counters("strangler_copied"), running.counters("strangler_skipped")
    found = {route: {"copied": count} for (route,), count in copied.items()}
    for (reason, route), count in skipped.items():
        found.setdefault(route, {})[reason] = count
    return found


def results(runs: Runs, counts: dict[str, dict[str, float]]) -> dict[str, Any]:
    """By condition. Raises SystemExit if one of them was none, since nothing was copied."""
    ratios = runs.ratios()
    for name in runs.of:
        if not counts.get(name, {}).get("copied"):
            raise SystemExit(f"bench: nothing was copied to the shadow of {name}: {counts}")
    return {
        name: {
            "p99_ms": statistics.median(one["p99_ms"] for one in several),
            "usual_p99_ms": statistics.median(one["usual_p99_ms"] for one in several),
            "us": statistics.median(one["us"] for one in several),
            "stolen": statistics.median(one["stolen"] for one in several),
            "ratio": statistics.median(ratios[name]),
            "ratios": ratios[name],
            "requests": sum(one["requests"] for one in several),
            "failed": sum(one["failed"] for one in several),
            "grown_mb": max(one["grown_mb"] for one in several),
            "copies": counts[name],
            "rounds": several,
        }
        for name, several in runs.of.items()
    }


def lines(rate: float, figures: dict[str, Any], runs: Runs) -> Iterator[str]:
    off = {name: statistics.median(one[name] for one in runs.off) for name in ("usual_p99_ms", "us", "stolen")}
    yield f"all requests copied, {rate:,.0f} a second; usual p99 without a copy {off['usual_p99_ms']:.2f} ms, noise {runs.noise() - 1:+.1%}"
    yield f"{'shadow':12}{'p99 ms':>8}{'usual':>8}{'usual':>9}{'us':>7}{'steal':>7}{'failed':>8}{'MB more':>9}  copies"
    yield f"{'none':12}{'':8}{off['usual_p99_ms']:8.2f}{'':9}{off['us']:7.0f}{off['stolen']:7.1%}"
    for name, one in figures.items():
        copies = ", ".join(f"{what} {count:,.0f}" for what, count in one["copies"].items() if count)
        yield (
            f"{name:12}{one['p99_ms']:8.2f}{one['usual_p99_ms']:8.2f}{one['ratio'] - 1:+9.1%}{one['us']:7.0f}{one['stolen']:7.1%}"
            f"{one['failed']:8.0f}{one['grown_mb']:9.1f}  {copies}"
        )


def bars(chosen: list[Condition], figures: dict[str, Any], noise: float) -> list[documents.Judged]:
    found = []
    for condition in chosen:
        one, what = figures[condition.name], f"every request copied, {condition.title}"
        within = one["ratio"] <= 1 + P99
        value = f"usual p99 {one['ratio'] - 1:+.1%}" + ("" if within else f", noise {noise - 1:+.1%}")
        found.append(documents.judged(what, value, f"{P99:+.0%} or noise", fine=within or one["ratio"] <= noise))
        failed, asked = one["failed"], one["requests"]
        found.append(documents.judged(what, f"{failed:,.0f} of {asked:,.0f} requests failed", "0", fine=not failed))
        most = GROWTH_MB + TAP_MB
        value = f"the proxy worker's memory grew by {one['grown_mb']:.1f} MB"
        found.append(documents.judged(what, value, f"{most:.0f} MB", fine=one["grown_mb"] <= most))
    return found


def _options() -> argparse.Namespace:
    known = [condition.name for condition in CONDITIONS]
    parser = argparse.ArgumentParser(prog="python -m bench.isolation", description=__doc__)
    parser.add_argument("--conditions", type=lambda text: text.split(","), default=known, help=", ".join(known))
    parser.add_argument(
        "--budget",
        type=float,
        default=72.0,
        help="seconds for all rounds; there is one at least (default: %(default)s)",
    )
    parser.add_argument("--seconds", type=float, default=0.5, help="length of one run")
    parser.add_argument("--tries", type=int, default=3, help="how often a run is made that the host disturbs")
    parser.add_argument("--output", type=Path, default=documents.FOLDER / "isolation.json")
    options = parser.parse_args()
    if unknown := set(options.conditions) - set(known):
        parser.error(f"no such condition: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
