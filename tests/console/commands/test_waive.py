from __future__ import annotations

import json
from pathlib import Path

import pytest

from console.exits import Exit
from demo.processes import free_port
from proxy.table.load import load_table
from shadow.signature import signature_id
from shadow.store import open_store
from shadow.triage import State
from tests.console.conftest import Strangler
from tests.console.scene import TABLE, fill_store

ID = signature_id("order-read", "$.total", "type_changes")


@pytest.fixture
def words(tmp_path: Path, routes_file: Path) -> tuple[str, ...]:
    return (ID[:8], "--store", fill_store(tmp_path / "own.db"), "--admin", f"127.0.0.1:{free_port()}")


def test_the_rule_is_written_beside_the_others_and_the_signature_is_intended(
    strangler: Strangler, routes_file: Path, words: tuple[str, ...]
) -> None:
    result = strangler("waive", *words, "--reason", "text is fine: #7", "--until", "2099-03-31", "--author", "anna")
    assert result.exit_code == Exit.FINE, result.output
    entry = "{ path: $.total, reason: 'text is fine: #7', author: anna, until: 2099-03-31 }"
    assert routes_file.read_text() == TABLE.replace('time stamp" }]', f'time stamp" }}, {entry}]')
    rules = load_table(routes_file.read_text()).routes[0].compare
    assert [waiver.path for waiver in rules.ignore] == ["$.served_at", "$.total"]
    said = open_store(words[2]).triage()[ID]
    assert (said.state, said.note, said.by) == (State.INTENDED, "text is fine: #7", "anna")
    assert "$.total is accepted until 2099-03-31" in result.stdout


def test_it_can_be_only_for_the_kind_that_was_seen(
    strangler: Strangler, routes_file: Path, words: tuple[str, ...]
) -> None:
    result = strangler("waive", *words, "--reason", "fine", "--kinds", "--format", "json")
    assert json.loads(result.stdout)["waiver"]["kinds"] == ["type_changes"]
    assert "kinds: [type_changes] }" in routes_file.read_text()


def test_a_second_time_it_is_refused(strangler: Strangler, words: tuple[str, ...]) -> None:
    strangler("waive", *words, "--reason", "fine")
    result = strangler("waive", *words, "--reason", "fine")
    assert (result.exit_code, "has a rule for $.total already" in result.stderr) == (Exit.FINDINGS, True)


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        ((), Exit.USAGE, "Missing option '--reason'"),
        (("--reason", " "), Exit.USAGE, "1 to 2000 characters"),
        (("--reason", "fine", "--until", "soon"), Exit.USAGE, "a date such as 2027-03-31 is wanted; 'soon'"),
        (("--reason", "fine", "--until", "20990331"), Exit.USAGE, "a date such as 2027-03-31 is wanted"),
        (("--reason", "fine", "--until", "2020-01-01"), Exit.USAGE, "2020-01-01 is over: name the last day"),
        (("--reason", "fine", "--route", "search"), Exit.FINDINGS, "no signature of today's rules"),
    ],
)
def test_what_cannot_be_waived_is_explained(
    strangler: Strangler, routes_file: Path, words: tuple[str, ...], more: tuple[str, ...], code: Exit, said: str
) -> None:
    result = strangler("waive", *words, *more)
    assert (result.exit_code, said in result.stderr) == (code, True), result.output
    assert routes_file.read_text() == TABLE


def test_a_table_without_the_route_is_not_the_one(
    strangler: Strangler, routes_file: Path, words: tuple[str, ...]
) -> None:
    routes_file.write_text("version: 1\nbackends: { legacy: { url: http://127.0.0.1:1 } }\n")
    result = strangler("waive", *words, "--reason", "fine")
    assert (result.exit_code, "no route 'order-read'" in result.stderr) == (Exit.FINDINGS, True)
    assert open_store(words[2]).triage() == {}
