from __future__ import annotations

import json
from pathlib import Path

import pytest

from console.exits import Exit
from console.table import file as table_file
from demo.processes import free_port
from tests.console.commands.test_history import MOVED, keep, version
from tests.console.conftest import Strangler
from tests.console.scene import TABLE


@pytest.fixture
def nobody() -> tuple[str, str]:
    return ("--admin", f"127.0.0.1:{free_port()}")


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    gone = TABLE.replace("backend: legacy", "backend: nobody")
    return keep(tmp_path, version(1, TABLE, "file"), version(2, gone), version(3, MOVED, reason="30 % as agreed"))


def test_back_and_back_again(strangler: Strangler, routes_file: Path, tmp_path: Path, nobody: tuple[str, str]) -> None:
    keep(tmp_path, version(1, TABLE, "file"), version(2, MOVED))
    routes_file.write_text(MOVED)
    result = strangler("rollback", *nobody)
    assert result.exit_code == Exit.FINE, result.output
    assert result.stdout.startswith("routes.yaml is as in version 1 again, by file on 2026-04-01\nno instance answers")
    assert routes_file.read_text() == TABLE
    assert strangler("rollback", *nobody).exit_code == Exit.FINE
    assert routes_file.read_text() == MOVED


def test_a_file_that_became_bad_is_replaced_by_the_version_in_force(
    strangler: Strangler, routes_file: Path, journal: Path, nobody: tuple[str, str]
) -> None:
    for bad in (b"version: nonsense", b"\xff\xfe", b""):
        routes_file.write_bytes(bad)
        document = json.loads(strangler("rollback", "--format", "json", *nobody).stdout)
        assert (document["restored"], document["changed"]) == (3, True)
        assert routes_file.read_text() == MOVED


def test_to_where_it_is_already_nothing_is_changed(
    strangler: Strangler, routes_file: Path, journal: Path, nobody: tuple[str, str]
) -> None:
    result = strangler("rollback", "1", *nobody)
    assert (result.exit_code, "nothing to change" in result.stdout) == (Exit.FINE, True)


@pytest.mark.parametrize(
    ("number", "said"),
    [("9", "there is no version 9: there are 1 to 3"), ("2", "what would come of it is no good table")],
)
def test_what_cannot_be_changes_nothing(
    strangler: Strangler, routes_file: Path, journal: Path, nobody: tuple[str, str], number: str, said: str
) -> None:
    result = strangler("rollback", number, *nobody)
    assert (result.exit_code, said in result.stderr) == (Exit.FINDINGS, True), result.output
    assert routes_file.read_text() == TABLE


def test_what_somebody_else_saves_meanwhile_is_not_lost(
    strangler: Strangler, routes_file: Path, journal: Path, nobody: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    load = table_file.load_table

    def slow(*args: object, **options: object) -> object:
        routes_file.write_text(TABLE + "# theirs\n")
        return load(*args, **options)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(table_file, "load_table", slow)
    result = strangler("rollback", "3", *nobody)
    assert (result.exit_code, "changed by somebody else meanwhile" in result.stderr) == (Exit.FINDINGS, True)
    assert routes_file.read_text() == TABLE + "# theirs\n"


def test_going_back_can_be_told_before_it_is_done(
    strangler: Strangler, routes_file: Path, tmp_path: Path, nobody: tuple[str, str]
) -> None:
    keep(tmp_path, version(1, TABLE, "file"), version(2, MOVED))
    routes_file.write_text(MOVED)
    result = strangler("rollback", "--dry-run", *nobody)
    assert result.exit_code == Exit.FINE, result.output
    assert result.stdout.startswith("Back to version 1, against version 2:\n- order-read: orders goes down from 30 %")
    document = json.loads(strangler("rollback", "1", "--dry-run", "--format", "json", *nobody).stdout)
    assert (document["file"], document["against"], len(document["changes"])) == ("version 1", "version 2", 1)
    assert routes_file.read_text() == MOVED
