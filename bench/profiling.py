"""``python -m bench.profiling`` (``make profile``): where a request spends its time, as a flame graph and as a table of functions.

``flame.svg``: py-spy looks at a worker under full load, many times a second. The worker is interpreted, since compiled functions have no
frames that it could see. ``functions.txt``: machine instructions of one plain request by function, from callgrind, without sockets and
kernel. There the live path is compiled, so that its functions are told apart (``CPyDef_`` is mypyc's name for them) instead of all being the
interpreter; start and warm-up are subtracted.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

from bench import load, processes
from bench.instance import constants, instance
from bench.instructions import COUNTED, WARM_UP, callgrind
from bench.peers import strangler
from bench.programs import program, require
from bench.requests import Requests, script

WORKER_CORE, OTHER_CORE = 0, 1
A_SECOND: Final = 250
SHOWN: Final = 15
_LINE: Final = re.compile(r"\s*([\d,]+)\s+(?:.*?:)?([^\s:][^:]*?)('\d+)?(?: \[(.*)\])?$")
"""Instructions, file, function, depth of recursion, object file: as callgrind_annotate writes them."""
_TOTALS: Final = "PROGRAM TOTALS"

Counts = dict[str, int]
"""Instructions by function."""


class Function(NamedTuple):
    """Instructions of one request: in the function itself, and with all that it calls."""

    name: str
    own: float
    whole: float


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.profiling", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="of load under the flame graph")
    parser.add_argument("--folder", type=Path, default=Path("var/profile"))
    options = parser.parse_args()
    programs = {"wrk": "wrk", "nginx": "nginx-light", "taskset": "util-linux", "valgrind": "valgrind"}
    require({**strangler.PROGRAMS, **programs})
    options.folder.mkdir(parents=True, exist_ok=True)
    flame, table = options.folder / "flame.svg", options.folder / "functions.txt"
    _flame(flame, options.seconds)
    written = list(lines(_functions()))
    table.write_text("\n".join(written) + "\n")
    print(*written[: SHOWN + 1], sep="\n")
    print(f"functions: {table}", f"flame graph: {flame}", sep="\n")
    return 0


def _flame(output: Path, seconds: float) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="strangler-bench-") as name,
        constants(Path(name) / "origin", core=OTHER_CORE) as (legacy, _, _),
        instance(Path(name) / "instance", legacy, core=OTHER_CORE, interpreted=True) as running,
        ThreadPoolExecutor(1) as beside,
    ):
        (worker,) = running.workers()
        processes.pin(worker, WORKER_CORE)
        lua = Path(name) / "load.lua"
        lua.write_text(script(Requests()))
        loaded = beside.submit(load.run, running.scene.port, lua, core=OTHER_CORE, seconds=seconds + 1, connections=64)
        command = [program("py-spy"), "record", "--pid", str(worker), "--duration", f"{seconds:.0f}"]
        said = subprocess.run(
            [*command, "--rate", str(A_SECOND), "--output", str(output)], capture_output=True, text=True, check=False
        )
        loaded.result()
    if said.returncode != 0:
        raise SystemExit(f"bench: py-spy could not look at the worker:\n{said.stdout}{said.stderr}")


def _functions() -> list[Function]:
    with tempfile.TemporaryDirectory(prefix="strangler-bench-") as name:
        profiles = []
        for number in (WARM_UP, WARM_UP + COUNTED):
            print(f"callgrind: {number} requests", file=sys.stderr, flush=True)
            profiles.append(Path(name) / f"{number}")
            callgrind(number, profiles[-1], as_compiled=True)
        own, whole = ([_annotated(profile, how) for profile in profiles] for how in ("no", "yes"))
    return functions(own, whole)


def _annotated(profile: Path, inclusive: str) -> list[str]:
    command = [program("callgrind_annotate"), "--threshold=100", "--auto=no", "--show-percs=no"]
    said = subprocess.run(
        [*command, f"--inclusive={inclusive}", str(profile)], capture_output=True, text=True, check=True
    )
    return said.stdout.splitlines()


def functions(own: list[list[str]], whole: list[list[str]]) -> list[Function]:
    """The dearest first. Each is what callgrind_annotate says of a run with few and of one with ``COUNTED`` requests more."""
    few, many = (summed(lines) for lines in own)
    few_whole, many_whole = (summed(lines, outermost=True) for lines in whole)
    found = [
        Function(
            name,
            (count - few.get(name, 0)) / COUNTED,
            (many_whole.get(name, 0) - few_whole.get(name, 0)) / COUNTED,
        )
        for name, count in many.items()
    ]
    return sorted((one for one in found if one.own >= 1), key=lambda one: -one.own)


def summed(lines: Iterable[str], *, outermost: bool = False) -> Counts:
    """By function. One that calls itself stands there once for each depth; what it takes as a whole is in the ``outermost``."""
    counts: Counts = {}
    for line in lines:
        found = _LINE.match(line)
        if found is None or found[2] == _TOTALS:
            continue
        count, function, depth, file = found.groups()
        if not (depth and outermost):
            name = f"{function} [{Path(file).name}]" if file else function
            counts[name] = counts.get(name, 0) + int(count.replace(",", ""))
    return counts


def lines(several: list[Function]) -> Iterator[str]:
    total = sum(one.own for one in several)
    yield f"{'own':>9}{'share':>7}{'with all it calls':>19}  function; {total:,.0f} instructions a request"
    for one in several:
        yield f"{one.own:9,.0f}{one.own / total:7.1%}{one.whole:19,.0f}  {one.name}"


if __name__ == "__main__":
    sys.exit(main())
