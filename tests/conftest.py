"""How several processes share out the suite (``make test``): what is long begins first, and who needs to be alone is, at the end."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

ROOM = Path(__file__)
"""Locked as it is, nothing is written: many tests are in here together, or one that is marked ``alone``."""

DOOR = Path(__file__).with_name("__init__.py")
"""Who waits to be alone holds it, so that nobody else goes in meanwhile."""


def shared_out() -> bool:
    return "PYTEST_XDIST_WORKER" in os.environ


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if shared_out():
        items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    """Who wants to be alone waits for what others have begun: last, when nothing long is left."""
    if item.get_closest_marker("alone"):
        return 2
    return 0 if item.get_closest_marker("long") else 1


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    if not shared_out():
        return (yield)
    how = fcntl.LOCK_SH if item.get_closest_marker("alone") is None else fcntl.LOCK_EX
    with ExitStack() as inside:
        with _locked(DOOR, fcntl.LOCK_EX):
            inside.enter_context(_locked(ROOM, how))
        return (yield)


@contextmanager
def _locked(path: Path, how: int) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)  # closing is not enough: what a test forked may have inherited it
        os.close(descriptor)
