"""Passed sockets, as sd_listen_fds(3) describes them."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from proxy.supervise.activation import passed_ports
from proxy.supervise.cannot_start import CannotStart

FIRST = 200
"""Far above what a test has open."""


@pytest.fixture
def passed() -> Iterator[list[socket.socket]]:
    """Two listening sockets, at descriptors 200 and 201."""
    with ExitStack() as stack:
        sockets = []
        for number in range(2):
            one = stack.enter_context(socket.socket())
            one.bind(("127.0.0.1", 0))
            one.listen()
            os.dup2(one.fileno(), FIRST + number)
            sockets.append(one)
        yield sockets
    os.closerange(FIRST, FIRST + 2)


def variables(**changes: str) -> dict[str, str]:
    return {
        "LISTEN_FDS": "2", "LISTEN_PID": str(os.getpid()), "LISTEN_FDNAMES": "strangler.socket:admin", "HOME": "/", **changes
    }  # fmt: skip


def test_sockets_are_told_apart_by_their_names_and_the_variables_are_gone(passed: list[socket.socket]) -> None:
    environment = variables()
    ports = passed_ports(environment, FIRST)
    assert {kind: port.port for kind, port in ports.items()} == {
        "data": passed[0].getsockname()[1],
        "admin": passed[1].getsockname()[1],
    }
    for port in ports.values():
        assert port.lasting
        assert not any(one.get_inheritable() or one.getblocking() for one in port.sockets)
        port.close()
    assert environment == {"HOME": "/"}


def test_without_names_all_are_for_users(passed: list[socket.socket]) -> None:
    environment = variables()
    del environment["LISTEN_FDNAMES"]
    ports = passed_ports(environment, FIRST)
    assert [len(port.sockets) for port in ports.values()] == [2]
    assert ports["data"].port == passed[0].getsockname()[1]
    ports["data"].close()


@pytest.mark.parametrize("changes", [{"LISTEN_PID": "1"}, {"LISTEN_PID": ""}, {"LISTEN_FDS": ""}, {"LISTEN_FDS": "0"}])
def test_what_is_not_meant_for_us_is_left_alone(changes: dict[str, str]) -> None:
    assert passed_ports(variables(**changes), FIRST) == {}


@pytest.mark.promise("O13")
def test_a_socket_that_does_not_listen_is_one_clear_line() -> None:
    with socket.socket() as one:
        os.dup2(one.fileno(), FIRST)
        with pytest.raises(CannotStart, match=r"descriptor 200 .* is no listening TCP socket; correct the socket unit"):
            passed_ports(variables(LISTEN_FDS="1"), FIRST)
    with pytest.raises(CannotStart, match="no listening TCP socket"):  # nor is one that is not open
        passed_ports(variables(LISTEN_FDS="1"), FIRST)
