"""What commands change, and which bodies they show, is in the audit log, or it does not happen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from console.audit.commands import Doer, tell_of_another_log
from console.audit.reading import Wanted, check, find
from console.audit.trail import Trail
from console.author import account
from console.exits import Exit
from console.main import COMMANDS
from demo.processes import free_port
from proxy.model.versions import hash_of
from tests.console.commands.test_history import MOVED, keep, version
from tests.console.commands.test_waive import ID
from tests.console.conftest import Strangler
from tests.console.scene import PAIR, TABLE, fill_store

ACTS: dict[str, tuple[str, ...]] = {
    "weight": ("ordering", "orders=30", "legacy=70", "--author", "ada"),
    "kill": ("ordering",),
    "apply": ("new.yaml", "--yes", "--reason", "hunter2"),
    "rollback": ("1", "--reason", "hunter2"),
    "waive": (ID, "--reason", "hunter2"),
    "triage": (ID, "--as", "noise", "--note", "hunter2"),
    "epoch": ("search", "--reason", "hunter2"),
    "purge": ("--pair", PAIR, "--yes"),
    "show": (PAIR,),
    "replay": ("--save", "hunter2 pairs.jsonl"),
    "user": ("add", "ada", "--role", "viewer", "--no-password"),
}
"""A call of each command that changes something or shows bodies."""

LOOKS = {
    *("serve", "init", "check", "explain", "stage", "plan", "history", "schema", "report", "diffs", "compare"),
    *("suggest", "rejudge", "status", "demo", "audit"),
}
"""The others: they show tables, counts and signatures, start something, or write a file that was asked for."""

RIGHTS = {
    "user": "administer",
    "weight": "operate",
    "waive": "review",
    "purge": "administer",
    "show": "bodies",
    "replay": "bodies",
}


@pytest.fixture
def log(tmp_path: Path, routes_file: Path) -> Path:
    fill_store(tmp_path / "strangler.db")
    (tmp_path / "new.yaml").write_text(MOVED)
    keep(tmp_path, version(1, MOVED), version(2, TABLE))
    return tmp_path / "strangler.db.audit.jsonl"


def words(command: str) -> tuple[str, ...]:
    more = {"weight", "kill", "apply", "rollback", "waive"}
    return (command, *ACTS[command], *(("--admin", f"127.0.0.1:{free_port()}") if command in more else ()))


def test_every_command_is_known_to_act_or_to_look() -> None:
    assert LOOKS ^ set(ACTS) == set(COMMANDS), "a new one that changes something or shows bodies is audited"


@pytest.mark.parametrize("command", ACTS)
def test_every_act_has_a_line_before_it_and_one_that_says_what_came_of_it(
    strangler: Strangler, log: Path, command: str
) -> None:
    result = strangler(*words(command))
    assert result.exit_code == Exit.FINE, result.output
    opened, begun, ended = [json.loads(line) for line in log.read_text().splitlines()]
    assert (opened["step"], begun["step"], ended["step"]) == ("opened", "intended", "done")
    assert (begun["by"], begun["via"], begun["what"]) == (account(), "command", f"strangler {command}")
    assert (begun["act"], begun["right"], 0) == (ended["act"], RIGHTS.get(command, begun["right"]), ended["status"])
    assert check(log).broken is None
    assert "hunter2" not in log.read_text()


@pytest.mark.parametrize("command", ACTS)
def test_what_cannot_be_audited_does_not_happen(strangler: Strangler, log: Path, tmp_path: Path, command: str) -> None:
    log.mkdir()
    before = {file: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()}
    result = strangler(*words(command))
    assert result.exit_code == Exit.FINDINGS
    assert f"the audit log {log} cannot be written: Is a directory, so nothing" in result.stderr
    assert "12.50" not in result.stdout
    assert {file: file.read_bytes() for file in tmp_path.iterdir() if file.is_file() and file in before} == before
    assert not (tmp_path / "hunter2 pairs.jsonl").exists()


def test_a_move_says_what_changed_by_hash_and_name(strangler: Strangler, log: Path, routes_file: Path) -> None:
    strangler(*words("weight"))
    said = find(log, Wanted()).lines[0].said
    assert said.of == {"moves": "ordering", "author": "ada"}
    assert (said.before, said.after) == ({"table": hash_of(TABLE)}, {"table": hash_of(routes_file.read_text())})
    assert said.words == "split of order-read"


def test_what_is_refused_half_way_is_told_as_refused(strangler: Strangler, log: Path) -> None:
    strangler(*words("waive"))
    assert strangler(*words("waive")).exit_code == Exit.FINDINGS
    said = find(log, Wanted()).lines[0].said
    assert (said.step, said.status, said.what) == ("refused", 1, "strangler waive")


def test_looks_and_what_changes_nothing_leave_no_line(strangler: Strangler, log: Path) -> None:
    for call in (
        ("report",),
        ("diffs",),
        ("triage",),
        ("epoch",),
        ("purge", "--pair", PAIR, "--dry-run"),
        ("plan", "new.yaml"),
    ):
        assert strangler(*call).exit_code in {Exit.FINE, Exit.FINDINGS}
    assert not log.exists()


def test_the_log_may_be_elsewhere(strangler: Strangler, log: Path, tmp_path: Path) -> None:
    assert strangler(*words("show"), "--audit", "who.jsonl").exit_code == Exit.FINE
    assert strangler(*words("show"), env={"STRANGLER_AUDIT": "who.jsonl"}).exit_code == Exit.FINE
    assert len(find(tmp_path / "who.jsonl", Wanted(text="strangler show")).lines) == 2
    assert strangler(*words("kill"), "--store", "sqlite:///elsewhere.db").exit_code == Exit.FINE
    assert len(find(tmp_path / "elsewhere.db.audit.jsonl", Wanted(text="kill")).lines) == 1
    assert not log.exists()


def test_pairs_from_a_file_are_out_of_our_hands(strangler: Strangler, log: Path, tmp_path: Path) -> None:
    strangler("replay", "--save", "pairs.jsonl")
    before = log.read_bytes()
    strangler("replay", "--from", "pairs.jsonl", "--against", f"http://127.0.0.1:{free_port()}", "--unsafe")
    assert log.read_bytes() == before


def test_the_environment_gives_nobody_another_name(strangler: Strangler, log: Path) -> None:
    strangler(*words("show"), env={"LOGNAME": "eve", "USER": "eve", "SUDO_USER": "ada"})
    said = find(log, Wanted()).lines[0].said
    assert (said.by, said.of["sudo"]) == (account(), "ada")


def test_a_log_that_is_not_the_instance_s_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    doer = Doer("kill", Trail(tmp_path / "ours.jsonl"))
    doer.trail.open()
    tell_of_another_log(doer, None)
    tell_of_another_log(doer, str(tmp_path / "ours.jsonl"))
    assert capsys.readouterr().err == ""
    tell_of_another_log(doer, "/var/lib/theirs.jsonl")
    assert "The instance keeps its audit log in /var/lib/theirs.jsonl; this act is in" in capsys.readouterr().err
