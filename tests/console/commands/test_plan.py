from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from console.exits import Exit
from tests.console.commands.test_history import MOVED, keep, version
from tests.console.conftest import Strangler
from tests.console.scene import TABLE, fill_store


@pytest.fixture
def new_file(tmp_path: Path) -> Path:
    path = tmp_path / "new.yaml"
    path.write_text(MOVED)
    return path


def test_a_plan_is_held_against_the_version_in_force_else_against_the_file(
    strangler: Strangler, routes_file: Path, new_file: Path, tmp_path: Path
) -> None:
    result = strangler("plan", "new.yaml")
    assert result.exit_code == Exit.FINE, result.output
    assert result.stdout.splitlines() == [
        "Against routes.yaml:",
        "- order-read: 20 % to 30 % of identities move to orders",
        "No requests are recorded to look at.",
    ]
    keep(tmp_path, version(1, TABLE), version(2, MOVED))
    assert "Against version 2:\nNothing changes but comments and layout.\n" in strangler("plan", "new.yaml").stdout
    assert "orders goes down from 30 % to 20 %" in strangler("plan").stdout
    assert routes_file.read_text() == TABLE


def test_recorded_requests_tell_who_changes_owner(strangler: Strangler, routes_file: Path, tmp_path: Path) -> None:
    fill_store(tmp_path / "strangler.db")
    (tmp_path / "new.yaml").write_text(TABLE.replace("path: /search", 'path: "/orders/**", methods: [POST]'))
    stdout = strangler("plan", "new.yaml").stdout
    assert "1 of 1 recorded request would change owner (100 %); recorded are a few of each sort, not all." in stdout
    assert "  1: legacy (no route) -> legacy (search)\n      POST /orders/7?x=it's" in stdout
    document = json.loads(strangler("plan", "new.yaml", "--format", "json").stdout)
    (move,) = document["requests"]["moves"]
    assert (move["from"], move["to"]["route"], move["count"]) == ({"route": None, "backend": "legacy"}, "search", 1)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("plan", "bad.yaml"), Exit.FINDINGS, "bad.yaml is no good table"),
        (("plan", "none.yaml"), Exit.FINDINGS, "No such file"),
        (("plan", "new.yaml", "--config", "bad.yaml"), Exit.FINDINGS, "no good table to compare with"),
        (("plan", "new.yaml", "--store", "redis://x"), Exit.USAGE, "no store that we know"),
        (("apply", "bad.yaml", "--yes"), Exit.FINDINGS, "bad.yaml is no good table"),
        (("apply", "--config", "bad.yaml"), Exit.FINDINGS, "bad.yaml is no good table"),
        (("apply", "--if-version", "1"), Exit.USAGE, "routes.yaml is the table itself"),
    ],
)
def test_what_cannot_be_is_explained_and_changes_nothing(
    strangler: Strangler, routes_file: Path, new_file: Path, words: tuple[str, ...], code: Exit, said: str
) -> None:
    new_file.with_name("bad.yaml").write_text("version: nonsense")
    result = strangler(*words)
    assert (result.exit_code, said in result.stderr) == (code, True), result.output
    assert routes_file.read_text() == TABLE


def test_applying_tells_the_plan_and_writes_the_whole_text(
    strangler: Strangler, routes_file: Path, new_file: Path
) -> None:
    result = strangler("apply", "new.yaml", "--admin", "127.0.0.1:1")  # no terminal: nobody is asked
    assert result.exit_code == Exit.FINE, result.output
    assert "order-read: 20 % to 30 % of identities move to orders" in result.stdout
    assert "it takes effect at the next start" in result.stdout
    assert routes_file.read_text() == MOVED
    again = strangler("apply", "new.yaml", "--yes", "--admin", "127.0.0.1:1")
    assert "nothing to write: routes.yaml says so already" in again.stdout


@pytest.mark.parametrize("words", [(), ("routes.yaml",)])
def test_without_another_file_the_table_itself_is_told_and_nothing_is_written(
    strangler: Strangler, routes_file: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    keep(tmp_path, version(1, MOVED))
    before = routes_file.stat()
    result = strangler("apply", *words, "--admin", "127.0.0.1:1")
    assert result.exit_code == Exit.FINE, result.output
    assert result.stdout.startswith("Against version 1:\n- order-read: orders goes down from 30 % to 20 %")
    assert "it takes effect at the next start" in result.stdout
    assert (routes_file.stat().st_ino, routes_file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_without_a_file_a_plan_is_of_the_configured_table(
    strangler: Strangler, routes_file: Path, new_file: Path, tmp_path: Path
) -> None:
    keep(tmp_path, version(1, TABLE))
    assert "20 % to 30 % of identities move to orders" in strangler("plan", "--config", "new.yaml").stdout


@pytest.mark.parametrize(("answer", "said"), [(b"n\n", "Nothing was changed."), (b"y\n", "")])
def test_who_sits_at_a_terminal_is_asked_first(routes_file: Path, new_file: Path, answer: bytes, said: str) -> None:
    ours, theirs = os.openpty()
    try:
        os.write(ours, answer)
        command = [sys.executable, "-m", "console", "apply", "new.yaml", "--admin", "127.0.0.1:1"]
        root = str(Path(__file__).resolve().parents[3])
        done = subprocess.run(
            command,
            stdin=theirs,
            cwd=routes_file.parent,
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONPATH": root},
        )
    finally:
        os.close(ours)
        os.close(theirs)
    assert "Put new.yaml in force in the place of routes.yaml? [y/N]" in done.stderr
    assert said in done.stderr
    assert (routes_file.read_text() == TABLE) is (answer == b"n\n")


def test_applying_mends_a_file_that_became_bad(
    strangler: Strangler, routes_file: Path, tmp_path: Path, new_file: Path
) -> None:
    keep(tmp_path, version(1, TABLE))
    routes_file.write_text("version: nonsense")
    words = ("apply", "-", "--yes", "--format", "json", "--admin", "127.0.0.1:1")
    document = json.loads(strangler(*words, input=MOVED).stdout)
    assert (document["against"], document["written"]) == ("version 1", True)
    assert routes_file.read_text() == MOVED


def test_a_plan_of_an_earlier_version_is_what_going_back_to_it_would_change(
    strangler: Strangler, routes_file: Path, tmp_path: Path
) -> None:
    keep(tmp_path, version(1, TABLE), version(2, MOVED))
    result = strangler("plan", "--to-version", "1")
    assert result.exit_code == Exit.FINE, result.output
    assert result.stdout.startswith(
        "Against version 2:\n- order-read: orders goes down from 30 % to 20 % of identities\n"
    )
    assert json.loads(strangler("plan", "--to-version", "1", "--format", "json").stdout)["file"] == "version 1"
    unknown = strangler("plan", "--to-version", "9")
    assert (unknown.exit_code, "there is no version 9" in unknown.stderr) == (Exit.FINDINGS, True)
    both = strangler("plan", "routes.yaml", "--to-version", "1")
    assert (both.exit_code, "give one of them" in both.stderr) == (Exit.USAGE, True)


def test_the_version_of_an_image_is_no_version_to_plan(
    strangler: Strangler, routes_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRANGLER_VERSION", "1.4.0")
    assert strangler("plan").exit_code == Exit.FINE


@pytest.mark.parametrize(
    ("held", "file", "said"),
    [
        ("1", MOVED, "the table is at version 2, not 1, by ada: 30 % as agreed: nothing was changed"),
        ("2", TABLE + "# theirs\n", "the file says something else than version 2"),
        ("9", MOVED, "there is no version 9"),
    ],
)
def test_applying_is_refused_when_the_table_is_not_the_one_that_was_meant(
    strangler: Strangler, routes_file: Path, new_file: Path, tmp_path: Path, held: str, file: str, said: str
) -> None:
    keep(tmp_path, version(1, TABLE), version(2, MOVED, reason="30 % as agreed"))
    routes_file.write_text(file)
    result = strangler("apply", "new.yaml", "--yes", "--if-version", held, "--admin", "127.0.0.1:1")
    assert (result.exit_code, said in result.stderr) == (Exit.FINDINGS, True), result.output
    assert routes_file.read_text() == file


def test_applying_goes_on_while_the_table_is_the_one_that_was_meant(
    strangler: Strangler, routes_file: Path, new_file: Path, tmp_path: Path
) -> None:
    keep(tmp_path, version(1, TABLE))
    result = strangler("apply", "new.yaml", "--yes", "--if-version", "1", "--admin", "127.0.0.1:1")
    assert (result.exit_code, routes_file.read_text()) == (Exit.FINE, MOVED), result.output
