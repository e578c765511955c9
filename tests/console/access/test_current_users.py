"""The file of users in a running console: what is good counts, what is bad is told and changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from console.access.current_users import CurrentUsers
from console.access.users import User, Users
from console.access.users_file import write_users
from console.web.rights import Role

ADA = User("ada", Role.ADMIN)
USERS = Users().with_(ADA)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "users"
    write_users(path, USERS)
    return path


@pytest.fixture
async def current(path: Path) -> AsyncIterator[CurrentUsers]:
    current = CurrentUsers(path)
    following = asyncio.create_task(current.follow())
    yield current
    following.cancel()


def spoil(path: Path) -> None:
    path.write_text("users: [")


def give(path: Path, mode: int) -> None:
    path.chmod(mode)


def remove(path: Path) -> None:
    path.unlink()


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110 - what is waited for happens in a file
            await asyncio.sleep(0.02)


async def test_a_change_is_in_force_at_once(current: CurrentUsers, path: Path) -> None:
    write_users(path, USERS.with_(User("ci", Role.VIEWER)))
    await until(lambda: current.users.get("ci") is not None)
    write_users(path, Users())
    await until(lambda: len(current.users) == 0)


async def test_a_bad_file_is_told_and_the_last_good_one_stays(
    current: CurrentUsers, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spoil(path)
    await until(lambda: current.error is not None)
    assert current.users == USERS
    assert str(path) in (current.error or "")
    assert "the last good one stays in force" in caplog.text
    write_users(path, USERS)
    await until(lambda: current.error is None)


async def test_a_file_that_others_may_read_is_told_and_heals_with_its_mode(current: CurrentUsers, path: Path) -> None:
    give(path, 0o644)
    await until(lambda: current.error is not None)
    assert "chmod 600" in (current.error or "")
    give(path, 0o600)
    await until(lambda: current.error is None)


async def test_a_file_that_is_gone_changes_nothing_but_is_told(current: CurrentUsers, path: Path) -> None:
    remove(path)
    await until(lambda: current.error is not None)
    assert current.users == USERS


def test_a_file_that_never_was_good_lets_nobody_in(tmp_path: Path) -> None:
    current = CurrentUsers(tmp_path / "missing")
    assert len(current.users) == 0
    assert current.error is not None
