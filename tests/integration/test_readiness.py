"""When an instance says that it is ready: users are served, and what they send is copied."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.instance import Instance

pytestmark = pytest.mark.heavy

ROOT = Path(__file__).resolve().parents[2]
REQUESTS = 20

TABLE = """
version: 1
backends:
  legacy: {{ url: "http://127.0.0.1:{port}" }}
  orders: {{ url: "http://127.0.0.1:{port}" }}
routes:
  - {{ name: orders, match: {{ path: "/orders" }}, split: {{ legacy: 1, orders: 0 }}, shadow: {{ sample: 100% }} }}
"""

LATE_SHADOW = """
import sys, time
if "shadow" in sys.orig_argv:
    time.sleep({seconds})
"""

PATIENT = """
if "proxy" in sys.orig_argv:
    from proxy import worker
    worker.SHADOW_SECONDS = 60.0
"""
"""A busy machine may take longer to start the shadow worker than proxy workers wait for it."""


@pytest.fixture
def origin() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_answer_all, args=(listening,), daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def _answer_all(listening: socket.socket) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")


def started(directory: Path, origin: int, *, late: float, more: str = "") -> Instance:
    """An instance whose shadow worker begins ``late`` seconds after the others."""
    (directory / "sitecustomize.py").write_text(LATE_SHADOW.format(seconds=late) + more)
    (directory / "routes.yaml").write_text(TABLE.format(port=origin))
    return Instance(directory, ["--config", "routes.yaml"], {"PYTHONPATH": f"{directory}:{ROOT}"})


def asked(instance: Instance) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", instance.port, timeout=10)
    try:
        connection.request("GET", "/orders")
        return connection.getresponse().status
    finally:
        connection.close()


def counted(instance: Instance, name: str) -> float:
    families = text_string_to_metric_families(instance.admin("/metrics")[1].decode())
    return sum(one.value for family in families for one in family.samples if one.name == f"{name}_total")


def test_what_is_sent_once_it_is_ready_is_copied(tmp_path: Path, origin: int) -> None:
    instance = started(tmp_path, origin, late=1.0, more=PATIENT)
    try:
        instance.wait_ready()
        for _ in range(REQUESTS):
            assert asked(instance) == 200
        deadline = time.monotonic() + 20
        while counted(instance, "strangler_copied") < REQUESTS and time.monotonic() < deadline:
            time.sleep(0.05)
        assert counted(instance, "strangler_copied") == REQUESTS
        assert counted(instance, "strangler_skipped") == 0
    finally:
        instance.end()


def test_a_shadow_worker_that_does_not_come_keeps_nobody(tmp_path: Path, origin: int) -> None:
    instance = started(tmp_path, origin, late=5.0)
    try:
        instance.wait_ready()
        assert asked(instance) == 200
    finally:
        instance.end()
