"""The processes of a real instance: who comes back, who ends when, and what is left (nothing)."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.instance import Instance, running
from tests.proxy.supervise.instance import is_alive

pytestmark = pytest.mark.heavy

PATIENCE = 20.0
ROOT = Path(__file__).resolve().parents[2]
ROLES = ("proxy", "shadow", "console")

TABLE = """
version: 1
backends:
  legacy: {{ url: "http://127.0.0.1:{port}" }}
  orders: {{ url: "http://127.0.0.1:{port}" }}
routes:
  - {{ name: orders, match: {{ path: "/orders/**" }}, split: {{ orders: 1, legacy: {weight} }} }}
"""


def until(read: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    deadline = time.monotonic() + patience
    while not read():
        assert time.monotonic() < deadline, f"{what}: not within {patience} s"
        time.sleep(0.02)


@contextlib.contextmanager
def silent_backend() -> Iterator[socket.socket]:
    """It accepts and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.settimeout(PATIENCE)
        yield listening


@pytest.fixture
def origin() -> Iterator[socket.socket]:
    with silent_backend() as listening:
        yield listening


@contextlib.contextmanager
def two_workers(directory: Path, origin: socket.socket) -> Iterator[Instance]:
    table = directory / "routes.yaml"
    table.write_text(TABLE.format(port=origin.getsockname()[1], weight=99))
    with running(directory, "--config", str(table), "--workers", "2", "--grace", "5s") as instance:
        yield instance


@pytest.fixture
def instance(tmp_path: Path, origin: socket.socket) -> Iterator[Instance]:
    with two_workers(tmp_path, origin) as instance:
        yield instance


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """One that several tests have in turn: each does something to one role, and leaves it complete."""
    with silent_backend() as origin, two_workers(tmp_path_factory.mktemp("lasting"), origin) as instance:
        yield instance


def pids(instance: Instance) -> set[int]:
    return {pid for role in ROLES for pid in instance.pids(role)}


@contextlib.contextmanager
def request_under_way(instance: Instance, origin: socket.socket) -> Iterator[tuple[socket.socket, socket.socket]]:
    """A client and its backend, which has the request and has not answered."""
    with socket.create_connection(("127.0.0.1", instance.port), timeout=PATIENCE) as client:
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        backend, _ = origin.accept()
        with backend:
            backend.settimeout(PATIENCE)
            assert backend.recv(65536).startswith(b"GET /slow")
            yield client, backend


@pytest.mark.promise("O7")
def test_a_worker_that_serves_never_loaded_what_reads_a_table(instance: Instance) -> None:
    """It is handed what the supervisor has read: a table costs no worker any start, nor memory."""
    for pid in instance.pids("proxy"):
        libraries = Path(f"/proc/{pid}/maps").read_text(encoding="utf-8")
        assert "httptools" in libraries
        assert [name for name in ("_pydantic_core", "_yaml", "lxml") if name in libraries] == []


@pytest.mark.parametrize("role", ROLES)
def test_a_killed_process_is_back_and_counted(lasting: Instance, role: str) -> None:
    victim = lasting.pids(role)[0]
    os.kill(victim, signal.SIGKILL)

    def is_back() -> bool:
        if lasting.admin("/api/v1/status")[0] != 200:
            return False
        processes = [p for p in lasting.status()["processes"] if p["role"] == role]
        return sum(p["restarts"] for p in processes) == 1 and all(p["ready"] for p in processes)

    until(is_back, f"{role} back")
    assert victim not in lasting.pids(role)
    until(lambda: lasting.admin("/readyz")[0] == 200, "ready again")
    page = lasting.admin("/metrics")[1].decode()
    assert f'strangler_process_restarts_total{{role="{role}"}} 1.0' in page


def test_a_worker_that_somebody_ends_by_hand_is_replaced(instance: Instance) -> None:
    victim = instance.pids("proxy")[0]
    os.kill(victim, signal.SIGTERM)
    until(lambda: not is_alive(victim), "drained")
    until(lambda: len(instance.pids("proxy")) == 2 and victim not in instance.pids("proxy"), "replaced")


def test_nobody_outlives_a_killed_supervisor(instance: Instance) -> None:
    left = pids(instance)
    assert len(left) == 4
    instance.process.kill()
    until(lambda: not any(map(is_alive, left)), "all ended", patience=5.0)


def test_the_port_can_be_taken_again_right_after_the_end(instance: Instance, tmp_path: Path) -> None:
    left = pids(instance)
    assert instance.end() == 0
    assert not any(map(is_alive, left))
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", instance.port))


@pytest.mark.promise("O6")
def test_draining_finishes_what_is_under_way_and_is_told_by_readyz(instance: Instance, origin: socket.socket) -> None:
    with request_under_way(instance, origin) as (client, backend):
        instance.process.send_signal(signal.SIGTERM)
        until(lambda: instance.admin("/readyz")[0] == 503, "not ready any more")
        backend.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone")
        answer = b""
        while not answer.endswith(b"done") and (part := client.recv(65536)):
            answer += part
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert answer.endswith(b"\r\n\r\ndone")
    assert instance.process.wait(PATIENCE) == 0


@pytest.mark.promise("O6")
def test_readiness_fails_first_and_everything_else_goes_on_for_the_delay(tmp_path: Path, origin: socket.socket) -> None:
    url = f"http://127.0.0.1:{origin.getsockname()[1]}"
    with running(tmp_path, "--legacy", url, "--drain-delay", "60s") as delayed:
        delayed.process.send_signal(signal.SIGTERM)
        until(lambda: delayed.admin("/readyz")[0] == 503, "not ready any more")
        with request_under_way(delayed, origin) as (client, backend):  # a new connection, after the signal
            backend.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            assert b"Connection: close" not in client.recv(65536)
        delayed.process.send_signal(signal.SIGTERM)  # nobody has to wait for the delay
        assert delayed.process.wait(PATIENCE) == 128 + signal.SIGTERM


@pytest.mark.promise("O6")
def test_the_grace_has_an_end(tmp_path: Path, origin: socket.socket) -> None:
    table = tmp_path / "routes.yaml"
    table.write_text(TABLE.format(port=origin.getsockname()[1], weight=99))
    with running(tmp_path, "--config", str(table), "--grace", "300ms") as instance:
        with request_under_way(instance, origin) as (client, _):
            instance.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(ConnectionResetError):
                assert client.recv(65536) == b""
        assert instance.process.wait(PATIENCE) == 0


@pytest.mark.promise("O6")
def test_the_second_signal_ends_everything_now(instance: Instance, origin: socket.socket) -> None:
    left = pids(instance)
    with request_under_way(instance, origin):
        instance.process.send_signal(signal.SIGINT)
        until(lambda: instance.admin("/readyz")[0] == 503, "draining")
        instance.process.send_signal(signal.SIGINT)
        assert instance.process.wait(PATIENCE) == 128 + signal.SIGINT
    until(lambda: not any(map(is_alive, left)), "all ended")


@pytest.mark.promise("O4")
def test_a_bad_table_stays_out_of_force_and_is_told(instance: Instance, origin: socket.socket) -> None:
    table = instance.directory / "routes.yaml"
    table.write_text(table.read_text().replace("legacy: 99", "legcy: 99"))
    until(lambda: instance.status()["table"]["error"] is not None, "told")
    status = instance.status()
    assert "legcy" in status["table"]["error"]
    assert status["table_version"] == 1
    assert instance.admin("/readyz")[0] == 200
    table.write_text(TABLE.format(port=origin.getsockname()[1], weight=50))
    until(lambda: instance.status()["table_version"] == 2, "the good one")
    assert instance.status()["table"]["error"] is None


def serve(directory: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """A serve that is expected to end by itself."""
    return subprocess.run(
        [sys.executable, "-m", "console", "serve", *options, "--admin", "127.0.0.1:0", "--secret", "key"],
        cwd=directory, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.promise("O13")
def test_a_busy_port_is_one_clear_line(tmp_path: Path, origin: socket.socket) -> None:
    port = origin.getsockname()[1]
    done = serve(tmp_path, "--legacy", "http://127.0.0.1:1", "--listen", f"127.0.0.1:{port}")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"strangler: cannot listen on 127.0.0.1:{port}: the port is taken")
    assert "--listen" in line
    assert not list(tmp_path.glob("*.tables.jsonl")), "it may be the journal of the instance that has the port"


@pytest.mark.promise("O13")
def test_a_bad_table_at_the_start_shows_every_mistake_and_starts_nothing(tmp_path: Path) -> None:
    (tmp_path / "routes.yaml").write_text("version: 2\nbackends: {}\ncolour: red\n")
    done = serve(tmp_path, "--listen", "127.0.0.1:0")
    assert done.returncode == 1
    assert "routes.yaml:1:" in done.stderr
    assert "routes.yaml:3:" in done.stderr
    assert "process started" not in done.stderr
    assert "Traceback" not in done.stderr
