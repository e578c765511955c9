"""The filter on a real listening socket."""

from __future__ import annotations

import contextlib
import socket

import pytest

from proxy.listen.handshakes import refuse_handshakes


@pytest.mark.promise("O6")
@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_nobody_new_gets_in_and_who_is_in_is_served(family: socket.AddressFamily, host: str) -> None:
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.socket(family))
        try:
            listening.bind((host, 0))
        except OSError:
            pytest.skip(f"this machine has no {host}")
        listening.listen()
        inside = stack.enter_context(socket.create_connection(listening.getsockname()[:2], timeout=5.0))
        refuse_handshakes(listening)
        with pytest.raises(TimeoutError):
            socket.create_connection(listening.getsockname()[:2], timeout=0.1)
        accepted = stack.enter_context(listening.accept()[0])
        accepted.sendall(b"hello")
        assert inside.recv(10) == b"hello"


def test_another_kind_of_socket_is_left_as_it_is() -> None:
    left, right = socket.socketpair()
    with left, right:
        refuse_handshakes(left)
        right.sendall(b"hello")
        assert left.recv(10) == b"hello"
