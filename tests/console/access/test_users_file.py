from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from console.access.users import BadUsers, User, Users
from console.access.users_file import read_users, write_users
from console.web.rights import Role

USERS = Users().with_(User("ada", Role.ADMIN))


def test_what_is_written_is_read_again_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "users"
    write_users(path, USERS)
    assert read_users(path) == USERS
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["users"]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o602, 0o610])
def test_a_file_that_others_may_read_or_change_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "users"
    write_users(path, USERS)
    path.chmod(mode)
    with pytest.raises(BadUsers, match="run chmod 600 on it"):
        read_users(path)


def test_what_a_link_leads_to_is_replaced_and_not_the_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    write_users(real, Users())
    link.symlink_to(real)
    write_users(link, USERS)
    assert link.is_symlink()
    assert read_users(real) == USERS


@pytest.mark.parametrize("content", [b"\xff\xfe", b"users: [", b"x" * 5_000_000])
def test_what_is_no_list_of_users_is_told_with_the_path(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "users"
    path.touch(0o600)
    path.write_bytes(content)
    with pytest.raises(BadUsers, match=str(path)):
        read_users(path)


def test_a_pipe_is_no_file_of_users(tmp_path: Path) -> None:
    path = tmp_path / "users"
    os.mkfifo(path, 0o600)
    with pytest.raises(BadUsers, match="not a regular file"):
        read_users(path)


def test_a_file_that_is_not_there_is_another_thing_than_a_bad_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_users(tmp_path / "users")
    with pytest.raises(BadUsers, match="Is a directory"):
        read_users(tmp_path)
