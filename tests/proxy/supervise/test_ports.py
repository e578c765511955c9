"""Reservations against real sockets."""

from __future__ import annotations

import contextlib
import socket

import pytest

from proxy.supervise.cannot_start import CannotStart
from proxy.supervise.ports import Reservation, reserve


def listener(port: int, *, shared: bool = True) -> socket.socket:
    """What a worker of ours does; not shared: what anybody else does."""
    with contextlib.ExitStack() as on_failure:
        one = on_failure.enter_context(socket.socket())
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, int(shared))
        one.bind(("127.0.0.1", port))
        one.listen()
        on_failure.pop_all()
    return one


def test_port_0_becomes_a_port_on_which_our_workers_can_listen() -> None:
    reservation = reserve("127.0.0.1", 0, "--listen")
    assert reservation.port > 0
    assert reservation.authority == f"127.0.0.1:{reservation.port}"
    with listener(reservation.port), listener(reservation.port):
        pass
    reservation.close()


def test_all_connections_go_to_the_workers_and_none_to_the_reservation() -> None:
    reservation = reserve("127.0.0.1", 0, "--listen")
    with listener(reservation.port) as worker:
        worker.settimeout(10.0)
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", reservation.port), timeout=10.0):
                worker.accept()[0].close()
    reservation.close()


def test_a_reserved_port_is_taken_for_others() -> None:
    reservation = reserve("127.0.0.1", 0, "--listen")
    with pytest.raises(OSError, match="in use"):
        listener(reservation.port, shared=False)
    reservation.close()


@pytest.mark.parametrize("shared", [True, False])
def test_a_busy_port_is_one_clear_line(shared: bool) -> None:
    """Also if whoever listens there would share it, as another instance of ours does."""
    with listener(0, shared=shared) as other:
        port = other.getsockname()[1]
        with pytest.raises(CannotStart, match=rf"cannot listen on 127\.0\.0\.1:{port}: the port is taken.*--listen"):
            reserve("127.0.0.1", port, "--listen")


def test_a_port_that_another_supervisor_only_reserved_is_busy_too() -> None:
    other = reserve("127.0.0.1", 0, "--listen")
    with pytest.raises(CannotStart, match="taken"):
        reserve("127.0.0.1", other.port, "--listen")
    other.close()


def test_all_addresses_conflict_with_one_of_them() -> None:
    with listener(0) as other, pytest.raises(CannotStart, match="taken"):
        reserve("0.0.0.0", other.getsockname()[1], "--listen")


def test_a_port_just_left_can_be_taken_again() -> None:
    with listener(0) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            server.accept()[0].close()  # closed by the server first: its side stays in TIME_WAIT
            assert client.recv(1) == b""
    reserve("127.0.0.1", port, "--listen").close()


def test_an_address_that_is_not_ours_says_so() -> None:
    with pytest.raises(CannotStart, match="no such address"):
        reserve("192.0.2.1", 0, "--listen")


def test_a_host_that_does_not_resolve_says_so() -> None:
    with pytest.raises(CannotStart, match=r"cannot listen on nowhere\.invalid:80: .*correct --admin"):
        reserve("nowhere.invalid", 80, "--admin")


def test_localhost_is_one_port_on_every_address_that_it_has() -> None:
    reservation = reserve("localhost", 0, "--listen")
    assert {one.getsockname()[1] for one in reservation.held} == {reservation.port}
    reservation.close()


def test_ipv6_addresses_get_brackets() -> None:
    assert Reservation("::1", 80, ()).authority == "[::1]:80"
