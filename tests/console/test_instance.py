"""What answers on the admin port may be anything."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from console import instance
from console.address import Address
from console.exits import Undecided
from console.instance import ask

Answering = Callable[[bytes], Address]


@pytest.fixture
def answering() -> Iterator[Answering]:
    """Somebody who answers one request with the given bytes, and hangs up."""
    opened: list[socket.socket] = []

    def listen(answer: bytes) -> Address:
        server = socket.create_server(("127.0.0.1", 0))
        opened.append(server)

        def serve() -> None:
            client, _ = server.accept()
            with client:
                client.recv(65_536)
                client.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        return Address("127.0.0.1", server.getsockname()[1])

    yield listen
    for server in opened:
        server.close()


def http(status: str, body: bytes) -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (status.encode(), len(body), body)


def test_a_document_is_returned(answering: Answering) -> None:
    assert ask(answering(http("200 OK", b'{"a": 1}')), "/x") == {"a": 1}


@pytest.mark.parametrize("answer", [http("200 OK", b"<html>"), http("404 Not Found", b"nope"), http("200 OK", b"[1]")])
def test_a_stranger_is_told_apart(answering: Answering, answer: bytes) -> None:
    with pytest.raises(Undecided, match="is no strangler"):
        ask(answering(answer), "/x")


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"])
def test_what_does_not_speak_http_is_no_instance(answering: Answering, answer: bytes) -> None:
    with pytest.raises(Undecided, match="--admin HOST:PORT"):
        ask(answering(answer), "/x")


def test_a_problem_is_told_with_its_detail(answering: Answering) -> None:
    with pytest.raises(Undecided, match="answers 421: not a name of ours"):
        ask(answering(http("421 Misdirected Request", b'{"detail": "not a name of ours"}')), "/x")


def test_nobody_listens() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        with pytest.raises(Undecided, match="connection refused"):
            ask(Address("127.0.0.1", probe.getsockname()[1]), "/x")


def test_somebody_who_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instance, "TIMEOUT_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(Undecided, match="timed out"):
        ask(Address("127.0.0.1", server.getsockname()[1]), "/x")


def test_an_address_of_all_is_asked_on_loopback(answering: Answering) -> None:
    port = answering(http("200 OK", b"{}")).port
    assert ask(Address("", port), "/x") == {}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Address, list[bytes]]]:
    """Somebody who notes what one request was, and wants to know who asks."""
    monkeypatch.delenv("STRANGLER_TOKEN", raising=False)
    server = socket.create_server(("127.0.0.1", 0))
    seen: list[bytes] = []

    def serve() -> None:
        client, _ = server.accept()
        with client:
            seen.append(client.recv(65_536))
            client.sendall(http("401 Unauthorized", b"{}"))

    threading.Thread(target=serve, daemon=True).start()
    yield Address("127.0.0.1", server.getsockname()[1]), seen
    server.close()


def test_the_token_of_the_environment_is_shown(
    asked: tuple[Address, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, seen = asked
    monkeypatch.setenv("STRANGLER_TOKEN", "strangler_abc\n")
    with pytest.raises(instance.Unknown, match="does not know the token in STRANGLER_TOKEN"):
        ask(admin, "/x")
    assert b"\r\nAuthorization: Bearer strangler_abc\r\n" in seen[0]


def test_without_one_it_is_told_how_to_get_one(asked: tuple[Address, list[bytes]]) -> None:
    admin, seen = asked
    with pytest.raises(instance.Unknown, match="`strangler user token NAME` makes one"):
        ask(admin, "/x")
    assert b"Authorization" not in seen[0]


@pytest.mark.parametrize(("token", "host"), [("strangler_abc", "192.0.2.1"), ("a\r\nX: y", "127.0.0.1")])
def test_a_token_goes_to_no_place_where_others_could_read_it(
    monkeypatch: pytest.MonkeyPatch, token: str, host: str
) -> None:
    monkeypatch.setenv("STRANGLER_TOKEN", token)
    with pytest.raises(Undecided, match="STRANGLER_TOKEN"):
        ask(Address(host, 1), "/x")


def test_authorities_that_cannot_be_read_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    for name, says in (("missing.pem", "No such file"), ("empty.pem", "holds no certificates in PEM")):
        monkeypatch.setenv("STRANGLER_ADMIN_CA", str(tmp_path / name))
        with pytest.raises(Undecided, match=says):
            ask(Address("127.0.0.1", 1), "/x")
