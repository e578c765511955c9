"""Ports against real sockets."""

from __future__ import annotations

import contextlib
import socket

import pytest

from proxy.supervise.cannot_start import CannotStart
from proxy.supervise.ports import Port, open_port


def listener(port: int, *, shared: bool = True) -> socket.socket:
    """Somebody else who listens; shared: as those do who would share the port."""
    with contextlib.ExitStack() as on_failure:
        one = on_failure.enter_context(socket.socket())
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, int(shared))
        one.bind(("127.0.0.1", port))
        one.listen()
        on_failure.pop_all()
    return one


def test_port_0_becomes_a_free_one() -> None:
    with contextlib.closing(open_port("127.0.0.1", 0, "--listen")) as port:
        assert port.port > 0
        assert port.authority == f"127.0.0.1:{port.port}"


def test_who_connects_waits_until_somebody_accepts() -> None:
    with (
        contextlib.closing(open_port("127.0.0.1", 0, "--listen")) as port,
        socket.create_connection(("127.0.0.1", port.port), timeout=10.0) as client,
    ):
        (listening,) = port.sockets
        accepted, _ = listening.accept()
        with accepted:
            accepted.sendall(b"hello")
        assert client.recv(10) == b"hello"


@pytest.mark.parametrize("shared", [True, False])
def test_an_open_port_is_taken_for_others(shared: bool) -> None:
    with contextlib.closing(open_port("127.0.0.1", 0, "--listen")) as port, pytest.raises(OSError, match="in use"):
        listener(port.port, shared=shared)


@pytest.mark.parametrize("shared", [True, False])
def test_a_busy_port_is_one_clear_line(shared: bool) -> None:
    """Also if whoever listens there would share it."""
    with listener(0, shared=shared) as other:
        port = other.getsockname()[1]
        with pytest.raises(CannotStart, match=rf"cannot listen on 127\.0\.0\.1:{port}: the port is taken.*--listen"):
            open_port("127.0.0.1", port, "--listen")


def test_a_port_of_another_instance_is_busy_too() -> None:
    with contextlib.closing(open_port("127.0.0.1", 0, "--listen")) as other, pytest.raises(CannotStart, match="taken"):
        open_port("127.0.0.1", other.port, "--listen")


def test_all_addresses_conflict_with_one_of_them() -> None:
    with listener(0) as other, pytest.raises(CannotStart, match="taken"):
        open_port("0.0.0.0", other.getsockname()[1], "--listen")


def test_a_port_just_left_can_be_taken_again() -> None:
    with listener(0) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            server.accept()[0].close()  # closed by the server first: its side stays in TIME_WAIT
            assert client.recv(1) == b""
    open_port("127.0.0.1", port, "--listen").close()


def test_an_address_that_is_not_ours_says_so() -> None:
    with pytest.raises(CannotStart, match="no such address"):
        open_port("192.0.2.1", 0, "--listen")


def test_a_host_that_does_not_resolve_says_so() -> None:
    with pytest.raises(CannotStart, match=r"cannot listen on nowhere\.invalid:80: .*correct --admin"):
        open_port("nowhere.invalid", 80, "--admin")


def test_localhost_is_one_port_on_every_address_that_it_has() -> None:
    with contextlib.closing(open_port("localhost", 0, "--listen")) as port:
        assert {one.getsockname()[1] for one in port.sockets} == {port.port}


def test_ipv6_addresses_get_brackets() -> None:
    assert Port("::1", 80, ()).authority == "[::1]:80"
