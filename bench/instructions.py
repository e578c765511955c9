"""``python -m bench.instructions``: machine instructions of one plain request through the live path, without sockets and kernel.

Counted by valgrind's callgrind, so the number is the same whatever else the machine does: it tells before and after a change what a
ratio of requests per CPU-second would need a quiet machine for. What the kernel costs is not in it; ``python -m bench`` has that.

``--check`` (``make instructions``) compares with the figure in ``bench/instructions.json`` and fails when a request costs over 3 % more;
``--record`` writes the figure there. There is one per Python and machine, since other interpreters take other instructions.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvloop

from bench import compiled
from bench.origin import ANSWER
from bench.peers import strangler
from bench.peers.strangler_guarded import BACKEND, ROUTE
from bench.programs import program, require
from bench.requests import Requests, rendered
from bench.scene import Scene
from proxy.accept import ClientConnection
from proxy.access_log import AccessLog
from proxy.live_path import LivePath
from proxy.model.counters import Counters
from proxy.model.packed import pack, unpack
from proxy.model.settings import Settings
from proxy.routing import Routing
from proxy.table.load import load_table

WARM_UP = 300
COUNTED = 500

RECORDED = Path(__file__).with_suffix(".json")
ALLOWED = 0.03
"""Share by which a request may cost more than recorded."""

_ANSWER = (
    "HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Wed, 25 Nov 2026 12:00:00 GMT\r\nContent-Type: application/json\r\n"
    f"Content-Length: {len(ANSWER)}\r\nConnection: keep-alive\r\nCache-Control: no-store\r\n"
    f"X-Content-Type-Options: nosniff\r\n\r\n{ANSWER}"
).encode()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.instructions", description=__doc__)
    parser.add_argument("--guarded", action="store_true", help="with every guard on")
    parser.add_argument("--compiled", action="store_true", help="the live path compiled, as in the container image")
    parser.add_argument("--keep", type=Path, help="keep callgrind's profile here, for callgrind_annotate")
    beside = parser.add_mutually_exclusive_group()
    beside.add_argument(
        "--check", action="store_true", help=f"exit 1 if it is over {ALLOWED:.0%} above {RECORDED.name}"
    )
    beside.add_argument("--record", action="store_true", help=f"write the figure into {RECORDED.name}")
    parser.add_argument("--run", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run is not None:
        with tempfile.TemporaryDirectory() as directory, asyncio.Runner(loop_factory=_Loop) as runner:
            runner.run(_drive(options.run, Path(directory), guarded=options.guarded))
        return 0
    try:
        require({"valgrind": "valgrind"})
    except (SystemExit, subprocess.CalledProcessError) as missing:
        if not options.check:
            raise
        print(f"skipped, nothing was checked: no valgrind, and it cannot be installed ({missing})")
        return 0
    few, many = (_count(WARM_UP + more, options) for more in (0, COUNTED))
    counted = round((many - few) / COUNTED)
    print(f"{counted:,} instructions a request")
    return _compare(counted, options) if options.check or options.record else 0


def _compare(counted: int, options: argparse.Namespace) -> int:
    interpreter = f"{platform.python_implementation()} {platform.python_version()} {platform.machine()}"
    kind = ("guarded" if options.guarded else "plain") + (" compiled" if options.compiled else "")
    figures: dict[str, dict[str, int]] = json.loads(RECORDED.read_text())
    if options.record:
        figures.setdefault(interpreter, {})[kind] = counted
        RECORDED.write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n")
        return 0
    recorded = figures.get(interpreter, {}).get(kind)
    if recorded is None:
        print(f"skipped, nothing was checked: no {kind} figure of {interpreter} is recorded; --record writes it")
        return 0
    print(verdict(counted, recorded))
    return 1 if too_dear(counted, recorded) else 0


def too_dear(counted: int, recorded: int) -> bool:
    return counted > recorded * (1 + ALLOWED)


def verdict(counted: int, recorded: int) -> str:
    change = f"{counted / recorded - 1:+.1%} against {recorded:,} recorded"
    if too_dear(counted, recorded):
        return (
            f"too dear: {change}, {ALLOWED:.0%} are allowed. Make it cheaper, or say why it is worth it and --record it"
        )
    return f"fine: {change}"


def _count(requests: int, options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="strangler-bench-") as directory:
        profile = options.keep or Path(directory) / "profile"
        return callgrind(requests, profile, guarded=options.guarded, as_compiled=options.compiled)


def callgrind(requests: int, profile: Path, *, guarded: bool = False, as_compiled: bool = False) -> int:
    """Instructions of a process that starts and passes so many requests; ``profile`` tells which functions took them."""
    command = [program("valgrind"), "--tool=callgrind", f"--callgrind-out-file={profile}"]
    command.append(str(compiled.python() if as_compiled else sys.executable))
    command += ["-m", "bench.instructions", "--run", str(requests), *(["--guarded"] if guarded else [])]
    # One seed for all hashes: else every run has other collisions.
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    if as_compiled:
        # This package is not part of what is installed there, and ours must not hide what is.
        environment |= {"PYTHONSAFEPATH": "1", "PYTHONPATH": f"{compiled.packages()}:{compiled.ROOT}"}
    said = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stderr
    found = re.search(r"Collected : (\d+)", said)
    if found is None:
        raise SystemExit(f"bench: valgrind gave no count:\n{said}")
    return int(found[1])


class _Transport(asyncio.Transport):
    """Takes everything at once, and says when something was written."""

    def __init__(self, written: Callable[[], object]) -> None:
        super().__init__()
        self._written = written

    def write(self, data: Any) -> None:  # noqa: ARG002 - nobody reads it
        self._written()

    def writelines(self, pieces: Any) -> None:
        self.write(b"".join(pieces))

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 40000) if name == "peername" else default

    def is_closing(self) -> bool:
        return False

    def close(self) -> None: ...

    def abort(self) -> None: ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def can_write_eof(self) -> bool:
        return True

    def get_write_buffer_size(self) -> int:
        return 0


class _Loop(uvloop.Loop):
    """Connections lead to a backend that answers in the next turn."""

    async def create_connection(self, factory: Any, *_: Any, **__: Any) -> Any:  # type: ignore[override]  # the one use that the live path makes of it
        protocol = factory()
        transport = _Transport(lambda: self.call_soon(protocol.data_received, _ANSWER))
        protocol.connection_made(transport)
        return transport, protocol


async def _drive(count: int, directory: Path, *, guarded: bool = False) -> None:
    """``count`` requests, one after the other, on one client connection."""
    scene = Scene(directory, 0, 1, 2, routes=50)
    guards = {"route": ROUTE, "backend": BACKEND} if guarded else {}
    table = unpack(pack(load_table(strangler.table(scene, **guards))))  # as a worker has it
    settings = Settings(run_dir=str(directory), log_format="json")
    counters = Counters(directory, "proxy-0-1")
    with AccessLog(settings, counters, write=lambda _: None) as access_log:
        live = LivePath(settings, Routing(table, bytes(32)), bytes(32), counters, access_log, "proxy-0-1")
        answered = asyncio.Event()
        client = ClientConnection(live)
        client.connection_made(_Transport(answered.set))
        requests = rendered(Requests())
        gc.collect()
        gc.disable()  # when it runs depends on what ran before: noise
        for number in range(count):
            client.data_received(requests[number % len(requests)])
            await answered.wait()
            answered.clear()


if __name__ == "__main__":
    sys.exit(main())
