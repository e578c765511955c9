from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from console.access.secret import is_password
from console.access.users_file import read_users
from console.exits import Exit
from tests.console.conftest import Strangler

FILE = "strangler.users"


def listed(strangler: Strangler) -> list[dict[str, object]]:
    return list(json.loads(strangler("user", "list", "--format", "json").stdout)["users"])


def test_a_user_is_made_and_the_password_printed_once(strangler: Strangler, tmp_path: Path) -> None:
    result = strangler("user", "add", "ada", "--role", "operator", "--bodies")
    assert result.exit_code == Exit.FINE
    assert "--admin-users" in result.stderr
    password = result.stdout.strip()
    user = read_users(tmp_path / FILE).get("ada")
    assert user is not None
    assert is_password(password, user.password)
    assert (user.role, user.bodies) == ("operator", True)
    assert password not in (tmp_path / FILE).read_text()
    assert password not in strangler("user", "list").output
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_a_program_has_a_token_and_no_password(strangler: Strangler, tmp_path: Path) -> None:
    strangler("user", "add", "ci", "--role", "viewer", "--no-password")
    token = strangler("user", "token", "ci", "--label", "deploys").stdout.strip()
    found = read_users(tmp_path / FILE).of_token(token)
    assert found is not None
    assert found.name == "ci"
    assert listed(strangler) == [
        {"name": "ci", "role": "viewer", "bodies": False, "password": False, "tokens": ["deploys"]}
    ]
    assert strangler("user", "revoke", "ci", "--label", "deploys").exit_code == Exit.FINE
    assert read_users(tmp_path / FILE).of_token(token) is None


def test_a_password_can_be_brought_along(strangler: Strangler, tmp_path: Path) -> None:
    result = strangler("user", "add", "ada", "--role", "admin", "--password-stdin", input="correct horse\n")
    user = read_users(tmp_path / FILE).get("ada")
    assert user is not None
    assert is_password("correct horse", user.password)
    assert "correct horse" not in result.output
    short = strangler("user", "password", "ada", "--password-stdin", input="short\n")
    assert (short.exit_code, "12 to 1024 characters" in short.stderr) == (Exit.FINDINGS, True)


def test_only_what_is_said_changes(strangler: Strangler) -> None:
    strangler("user", "add", "ada", "--role", "viewer")
    strangler("user", "change", "ada", "--bodies")
    strangler("user", "change", "ada", "--role", "admin")
    assert [(user["role"], user["bodies"], user["password"]) for user in listed(strangler)] == [("admin", True, True)]


def test_who_is_removed_is_gone(strangler: Strangler) -> None:
    strangler("user", "add", "ada", "--role", "viewer", "--no-password")
    strangler("user", "add", "bob", "--role", "viewer", "--no-password")
    assert strangler("user", "remove", "ada").exit_code == Exit.FINE
    assert [user["name"] for user in listed(strangler)] == ["bob"]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("add ada --role viewer", Exit.FINDINGS, "already"),
        ("add local --role viewer", Exit.FINDINGS, "choose another"),
        ("add bob", Exit.USAGE, "Say --role"),
        ("add", Exit.USAGE, "which NAME?"),
        ("add a/b --role viewer", Exit.USAGE, "which NAME?"),
        ("add bob --role root", Exit.USAGE, "is not one of"),
        ("change ada", Exit.USAGE, "what is to change?"),
        ("change bob --bodies", Exit.FINDINGS, "no user 'bob'"),
        ("token bob", Exit.FINDINGS, "no user 'bob'"),
        ("revoke ada --label x", Exit.FINDINGS, "it has none"),
        ("remove bob", Exit.FINDINGS, "no user 'bob'"),
        ("remove bob --admin-users missing", Exit.FINDINGS, "no such file"),
        ("list --admin-users missing", Exit.FINDINGS, "no such file"),
        ("token ada --label a=b", Exit.USAGE, "a --label is"),
    ],
)
def test_what_cannot_be_done_is_told_and_changes_nothing(
    strangler: Strangler, tmp_path: Path, words: str, code: Exit, says: str
) -> None:
    strangler("user", "add", "ada", "--role", "viewer", "--no-password")
    before = (tmp_path / FILE).read_bytes()
    result = strangler("user", *words.split())
    assert (result.exit_code, says in result.stderr) == (code, True), result.stderr
    assert (tmp_path / FILE).read_bytes() == before
    assert not (tmp_path / "missing").exists()


def test_a_bad_file_is_left_alone(strangler: Strangler, tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.touch(0o600)
    path.write_text("users: [")
    result = strangler("user", "add", "ada", "--role", "viewer")
    assert (result.exit_code, FILE in result.stderr) == (Exit.FINDINGS, True)
    assert path.read_text() == "users: ["
