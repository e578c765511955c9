"""``python -m bench.memory``: what one proxy worker takes of memory: idle, for each idle connection, and for half a gigabyte on its way.

Resident memory, as the kernel counts it. What the kernel itself keeps for a socket is not in it. A worker takes at most half as many clients as it
may open files, so that each can have its backend: where the limit is low, fewer connections are opened, and the document says how many.
"""

from __future__ import annotations

import argparse
import resource
import socket
import statistics
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from http.client import HTTPConnection
from itertools import repeat
from pathlib import Path
from typing import Final

from bench import documents, processes
from bench.documents import Bar
from bench.instance import MB, Instance, constants, instance
from bench.peers import strangler
from bench.programs import require
from bench.requests import Requests, rendered

WORKER_CORE, OTHER_CORE = 0, 1
CONNECTIONS: Final = 10_000
SPARE: Final = 600
"""Files that a worker has open beside its clients and their backends."""
BLOCK: Final = bytes(range(256)) * 4096
BLOCKS: Final = 512
SIZE: Final = len(BLOCK) * BLOCKS

BARS: Final = (
    Bar("idle_mb", "memory of an idle worker", 60, "MB"),
    Bar("connection_kb", "memory of an idle connection", 12, "KB"),
    Bar("download_mb", "growth of a worker's memory by a download of 512 MB, at its highest", 16, "MB"),
    Bar("upload_mb", "growth of a worker's memory by an upload of 512 MB, at its highest", 16, "MB"),
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.memory", description=__doc__)
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    parser.add_argument("--rounds", type=int, default=2, help="of each transfer")
    parser.add_argument("--output", type=Path, default=documents.FOLDER / "memory.json")
    options = parser.parse_args()
    require({**strangler.PROGRAMS, "nginx": "nginx-light", "taskset": "util-linux"})
    connections = min(options.connections, allowed())
    with tempfile.TemporaryDirectory(prefix="strangler-bench-") as directory:
        figures = idle(Path(directory), connections) | transfers(Path(directory), options.rounds)
    for name, figure in figures.items():
        print(f"{name:16}{figure:10,.2f}")
    return documents.leave(options.output, documents.judge(BARS, figures), connections=connections, figures=figures)


def allowed() -> int:
    """Connections that a worker takes, and that we may open. Raises our own limit as far as it goes."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return (hard - SPARE) // 2


def idle(directory: Path, count: int) -> dict[str, float]:
    """With 50 routes. Each connection has had an answer, so that it is one that is kept alive and not one that has just begun."""
    with (
        constants(directory / "origin", core=OTHER_CORE) as (legacy, _, _),
        instance(directory / "idle", legacy, core=OTHER_CORE) as running,
        ExitStack() as stack,
    ):
        worker = worker_of(running)
        at_rest = processes.resident(worker)
        requests = rendered(Requests())
        _ask(stack, running.scene.port, requests[0])  # what the first connection brings with it is not theirs
        before = processes.resident(worker)
        for number in range(count):
            _ask(stack, running.scene.port, requests[number % len(requests)])
        taken = processes.resident(worker) - before
    return {"idle_mb": at_rest / MB, "connection_kb": taken / count / 1e3, "connections_mb": taken / MB}


def worker_of(running: Instance) -> int:
    (worker,) = running.workers()
    processes.pin(worker, WORKER_CORE)
    processes.wait_until_idle(running.pid)
    return worker


def _ask(stack: ExitStack, port: int, request: bytes) -> None:
    connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), 30))
    connection.sendall(request)
    answer = b""
    while not answer.endswith(b"}}"):
        if not (more := connection.recv(65536)):
            raise SystemExit(f"bench: a connection that was to be kept was closed, after {answer!r}")
        answer += more


def transfers(directory: Path, rounds: int) -> dict[str, float]:
    """Medians of the growth of the peak, in MB."""
    with half_a_gigabyte() as port, instance(directory / "transfers", port, core=OTHER_CORE) as running:
        worker = worker_of(running)
        ways: dict[str, Callable[[int], None]] = {"download_mb": _download, "upload_mb": _upload}
        grown: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, way in ways.items():
                processes.forget_peak(worker)
                before = processes.resident(worker)
                way(running.scene.port)
                grown[name].append((processes.peak(worker) - before) / MB)
    return {name: statistics.median(several) for name, several in grown.items()}


def _download(port: int) -> None:
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("GET", "/large")
        answer = connection.getresponse()
        received = sum(map(len, iter(lambda: answer.read(1 << 20), b"")))
    if received != SIZE:
        raise SystemExit(f"bench: of a download of {SIZE:,} bytes {received:,} came")


def _upload(port: int) -> None:
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("POST", "/", repeat(BLOCK, BLOCKS), {"Content-Length": str(SIZE)})
        received = int(connection.getresponse().read())
    if received != SIZE:
        raise SystemExit(f"bench: of an upload of {SIZE:,} bytes {received:,} came")


@contextmanager
def half_a_gigabyte() -> Iterator[int]:
    """A backend that sends that much for ``GET /large``, and tells how much came with a POST; its port."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        threading.Thread(target=_accept, args=(listening,), daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def _accept(listening: socket.socket) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listening.accept()
            threading.Thread(target=_serve, args=(connection,), daemon=True).start()


def _serve(connection: socket.socket) -> None:
    with suppress(ConnectionError), closing(connection), connection.makefile("rb") as reader:
        while line := reader.readline():
            for _ in iter(reader.readline, b"\r\n"):
                pass
            if line.startswith(b"POST"):
                body = b"%d" % sum(len(reader.read(len(BLOCK))) for _ in range(BLOCKS))
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
                continue
            count = BLOCKS if line.startswith(b"GET /large ") else 0
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (count * len(BLOCK)))
            for _ in range(count):
                connection.sendall(BLOCK)


if __name__ == "__main__":
    sys.exit(main())
