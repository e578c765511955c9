from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from console.exits import Exit
from console.main import COMMANDS, main
from tests.console.conftest import Strangler

ROOT = Path(__file__).resolve().parents[2]


def test_help_lists_every_command(strangler: Strangler) -> None:
    result = strangler("--help")
    assert result.exit_code == Exit.FINE
    assert all(f"  {name} " in result.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_begins_with_what_the_list_says_of_it(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.name == name
    assert (command.help or "").startswith(COMMANDS[name])


def test_there_is_one_file_per_command() -> None:
    files = {path.stem for path in (ROOT / "console" / "commands").glob("*.py")} - {"__init__"}
    assert files == set(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_has_an_environment_variable_named_after_it(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    for option in command.params:
        if isinstance(option, click.Option):
            long = next(word for word in option.opts if word.startswith("--"))
            assert option.envvar == f"STRANGLER_{long[2:].upper().replace('-', '_')}"
            assert option.help


def test_an_unknown_command_is_a_usage_error(strangler: Strangler) -> None:
    result = strangler("reprot")
    assert result.exit_code == Exit.USAGE
    assert "No such command 'reprot'; did you mean \"report\"?" in result.stderr
    assert "`strangler --help` lists them" in strangler("xyzzy").stderr


def test_what_is_no_number_is_told_in_words(strangler: Strangler) -> None:
    result = strangler("history", "abc")
    assert result.exit_code == Exit.USAGE
    assert "'abc' is no whole number" in result.stderr
    assert "0 is not in the range" in strangler("history", "0").stderr


def test_a_fault_of_ours_is_told_in_one_line_and_its_place_on_request(
    strangler: Strangler, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> dict[str, object]:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(importlib.import_module("console.commands.schema"), "json_schema", broken)
    quiet, loud = strangler("schema"), strangler("--traceback", "schema")
    assert quiet.exit_code == loud.exit_code == Exit.UNDECIDED
    assert "strangler: a fault of ours: ZeroDivisionError: planted" in quiet.stderr
    assert "Traceback" not in quiet.stderr
    assert "Traceback" in loud.stderr


def test_it_runs_as_a_module_and_says_its_version() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "console", "--version"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.startswith("strangler ")


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "routes.yaml").write_text("version: 1\n" + "unknown: 1\n" * 3)
    command = f"{sys.executable} -m console schema | head -1; exit ${{PIPESTATUS[0]}}"
    result = subprocess.run(
        ["/bin/bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ}
    )
    assert result.stdout == "{\n"
    assert result.stderr == ""


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["check", "--help"]])
def test_asking_for_help_imports_nothing_heavy(words: list[str]) -> None:
    script = (
        f"import sys; from console.main import main; sys.argv[1:] = {words!r}\ntry: main()\nexcept SystemExit: pass\n"
    )
    script += "print([m for m in ('aiohttp', 'rich', 'deepdiff', 'sqlite3', 'uvloop') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "[]"
