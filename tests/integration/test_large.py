"""Half a gigabyte each way through a real worker: it streams, so its memory does not grow."""

from __future__ import annotations

import hashlib
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from io import BufferedReader
from pathlib import Path

import pytest

from tests.integration.instance import Instance, running
from tests.proxy.certificates import client_context, server_pair, write_pair

pytestmark = pytest.mark.heavy

BLOCK = bytes(range(256)) * 4096
"""One MiB."""

SIZE = 512
"""MiB."""

GROWTH = 16 * 1024
"""KiB that the worker's memory may grow at its highest."""


def whole() -> str:
    digest = hashlib.blake2b()
    for _ in range(SIZE):
        digest.update(BLOCK)
    return digest.hexdigest()


class Backend:
    """Sends half a gigabyte for ``GET /length``, ``/chunks`` and ``/end``; for a POST it answers with the digest of what it read."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        # A client that leaves makes us write to nobody.
        with suppress(ConnectionError), closing(connection), connection.makefile("rb") as reader:
            while line := reader.readline():
                fields = b"".join(iter(reader.readline, b"\r\n"))
                if line.startswith(b"POST"):
                    chunked = b"chunked" in fields.lower()
                    digest = hashlib.blake2b()
                    for data in chunks(reader) if chunked else blocks(reader):
                        digest.update(data)
                    body = digest.hexdigest().encode()
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
                    continue
                self._send(connection, line.split(b" ")[1])
                if line.startswith(b"GET /end"):
                    return

    def _send(self, connection: socket.socket, path: bytes) -> None:
        head = {
            b"/length": b"Content-Length: %d\r\n" % (SIZE * len(BLOCK)),
            b"/chunks": b"Transfer-Encoding: chunked\r\n",
            b"/end": b"",
        }
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + head[path] + b"\r\n")
        for _ in range(SIZE):
            connection.sendall(b"%x\r\n%b\r\n" % (len(BLOCK), BLOCK) if path == b"/chunks" else BLOCK)
        if path == b"/chunks":
            connection.sendall(b"0\r\n\r\n")


def blocks(reader: BufferedReader) -> Iterator[bytes]:
    for _ in range(SIZE):
        yield reader.read(len(BLOCK))


def chunks(reader: BufferedReader) -> Iterator[bytes]:
    while size := int(reader.readline(), 16):
        yield reader.read(size)
        reader.readline()
    reader.readline()


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    with closing(Backend()) as started:
        yield started


@pytest.fixture(scope="module")
def instance(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    options = ("--legacy", f"http://127.0.0.1:{backend.port}", "--workers", "1")
    with running(tmp_path_factory.mktemp("large"), *options) as started:
        yield started


@pytest.fixture(scope="module")
def secured(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """The same by TLS."""
    directory = tmp_path_factory.mktemp("large")
    write_pair(directory, "one", server_pair("example.com"))
    listen = "listen: { tls: { certificates: [{ certificate: one.pem, key: one.key }] } }"
    legacy = f"backends: {{ legacy: {{ url: 'http://127.0.0.1:{backend.port}' }} }}"
    (directory / "routes.yaml").write_text(f"version: 1\n{listen}\n{legacy}\n")
    with running(directory, "--config", "routes.yaml", "--workers", "1") as started:
        yield started


class Worker:
    """The worker's memory, in KiB."""

    def __init__(self, instance: Instance) -> None:
        (self._pid,) = instance.pids("proxy")
        # Forget the peak of its start (proc(5)).
        Path(f"/proc/{self._pid}/clear_refs").write_text("5")
        self._before = self._read("VmRSS")

    def _read(self, what: str) -> int:
        found = re.search(rf"{what}:\s+(\d+) kB", Path(f"/proc/{self._pid}/status").read_text())
        assert found is not None
        return int(found[1])

    @property
    def growth(self) -> int:
        """At its highest since this object was made."""
        return self._read("VmHWM") - self._before


def ask(port: int, request: bytes, context: ssl.SSLContext | None = None) -> tuple[socket.socket, BufferedReader]:
    connection = socket.create_connection(("127.0.0.1", port), 60.0)
    if context is not None:
        connection = context.wrap_socket(connection, server_hostname="example.com")
    connection.sendall(request)
    return connection, connection.makefile("rb")


@pytest.mark.promise("C5")
@pytest.mark.parametrize("path", ["/length", "/chunks", "/end"])
def test_half_a_gigabyte_down(instance: Instance, path: str) -> None:
    worker = Worker(instance)
    connection, reader = ask(instance.port, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    with closing(connection):
        fields = b"".join(iter(reader.readline, b"\r\n"))
        digest = hashlib.blake2b()
        for data in chunks(reader) if b"chunked" in fields else blocks(reader):
            digest.update(data)
    assert digest.hexdigest() == whole()
    assert worker.growth < GROWTH


@pytest.mark.promise("C5", "U13")
def test_half_a_gigabyte_each_way_by_tls(secured: Instance) -> None:
    ask(secured.port, b"GET / HTTP/1.1\r\n\r\n", client_context())[0].close()  # what the first handshake of all costs
    worker = Worker(secured)
    connection, reader = ask(secured.port, b"GET /length HTTP/1.1\r\nHost: x\r\n\r\n", client_context())
    with closing(connection):
        assert reader.readline() == b"HTTP/1.1 200 OK\r\n"
        while reader.readline() != b"\r\n":
            pass
        digest = hashlib.blake2b()
        for data in blocks(reader):
            digest.update(data)
        assert digest.hexdigest() == whole()
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (SIZE * len(BLOCK)))
        for _ in range(SIZE):
            connection.sendall(BLOCK)
        assert reader.readline() == b"HTTP/1.1 200 OK\r\n"
        while reader.readline() != b"\r\n":
            pass
        assert reader.read(128).decode() == whole()
    assert worker.growth < GROWTH


@pytest.mark.promise("U13")
@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_half_a_gigabyte_up(instance: Instance, framing: str) -> None:
    worker = Worker(instance)
    head = f"Content-Length: {SIZE * len(BLOCK)}" if framing == "length" else "Transfer-Encoding: chunked"
    connection, reader = ask(instance.port, f"POST / HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n".encode())
    with closing(connection):
        for _ in range(SIZE):
            connection.sendall(BLOCK if framing == "length" else b"%x\r\n%b\r\n" % (len(BLOCK), BLOCK))
        if framing == "chunks":
            connection.sendall(b"0\r\n\r\n")
        fields = b"".join(iter(reader.readline, b"\r\n"))
        assert fields.startswith(b"HTTP/1.1 200 OK\r\n")
        assert reader.read(128).decode() == whole()
    assert worker.growth < GROWTH


@pytest.mark.promise("C5")
def test_sixty_four_megabytes_to_a_client_that_stalls(instance: Instance) -> None:
    """What the worker, and not the kernel, holds of an answer that nobody reads."""
    worker = Worker(instance)
    connection, reader = ask(instance.port, b"GET /length HTTP/1.1\r\nHost: x\r\n\r\n")
    with closing(connection):
        reader.read(64 * len(BLOCK))
        # It reads no more; another request shows that the worker has done all that it can for this one.
        other, answer = ask(instance.port, b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
        with closing(other):
            assert answer.readline() == b"HTTP/1.1 200 OK\r\n"
    assert worker.growth < GROWTH
