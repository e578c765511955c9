"""What systemd would hear."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from proxy.supervise.notify import VARIABLE, notify, notify_reloading


@pytest.fixture
def listener(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        one.bind(str(tmp_path / "notify"))
        one.settimeout(10.0)
        monkeypatch.setenv(VARIABLE, str(tmp_path / "notify"))
        yield one


def test_lines_go_out_as_one_datagram(listener: socket.socket) -> None:
    notify("READY=1", "STATUS=serving")
    assert listener.recv(1000) == b"READY=1\nSTATUS=serving"


def test_a_reload_carries_the_time_at_which_it_began(listener: socket.socket) -> None:
    notify_reloading()
    first, second = listener.recv(1000).decode().split("\n")
    assert first == "RELOADING=1"
    assert int(second.removeprefix("MONOTONIC_USEC=")) > 0


def test_abstract_names_work(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        one.bind("")  # Linux chooses an abstract name
        name = one.getsockname()
        monkeypatch.setenv(VARIABLE, "@" + name[1:].decode())
        notify("STOPPING=1")
        one.settimeout(10.0)
        assert one.recv(1000) == b"STOPPING=1"


def test_without_a_listener_nothing_happens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    notify("READY=1")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "nobody"))
    notify("READY=1")
