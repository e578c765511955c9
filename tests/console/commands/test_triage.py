from __future__ import annotations

import json
from pathlib import Path

import pytest

from console.exits import Exit
from shadow.signature import signature_id
from tests.console.conftest import Strangler
from tests.console.scene import fill_store

ID = signature_id("order-read", "$.total", "type_changes")


@pytest.fixture
def store(tmp_path: Path) -> str:
    return fill_store(tmp_path / "own.db")


def test_what_nobody_decided_on_is_open(strangler: Strangler, store: str) -> None:
    result = strangler("triage", "--store", store, "--format", "json")
    (signature,) = json.loads(result.stdout)["signatures"]
    assert (signature["id"], signature["state"], signature["decision"]) == (ID, "open", None)
    assert result.exit_code == Exit.FINE


def test_a_decision_is_kept_with_who_and_why(strangler: Strangler, store: str) -> None:
    words = ("triage", ID[:6], "--store", store)
    decided = strangler(*words, "--as", "bug-in-new", "--owner", "ann", "--note", "JIRA-17", "--by", "bob")
    assert decided.exit_code == Exit.FINE
    assert "JIRA-17" in strangler("triage", "--store", store).stdout
    document = json.loads(strangler(*words, "--format", "json").stdout)
    decision = document["signatures"][0]["decision"]
    assert (decision["state"], decision["owner"], decision["by"]) == ("bug-in-new", "ann", "bob")
    assert len(document["history"]) == 1


def test_one_that_is_intended_is_told_to_want_a_rule(strangler: Strangler, store: str) -> None:
    result = strangler("triage", ID, "--as", "intended", "--store", store)
    assert "compare.ignore of order-read, path $.total" in result.stderr


def test_the_text_fits_and_holds_nothing_that_a_terminal_obeys(strangler: Strangler, store: str) -> None:
    strangler("triage", ID, "--as", "noise", "--note", "\x1b[31mred\nline" + "x" * 300, "--store", store)
    text = strangler("triage", "--store", store).stdout
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("zzzz", "--as", "noise"), Exit.FINDINGS, "no signature of today's rules begins with 'zzzz'"),
        (("--as", "noise"), Exit.USAGE, "which SIGNATURE?"),
        ((ID, "--as", "open"), Exit.USAGE, "'open' is not one of"),
        ((ID, "--as", "noise", "--note", "x" * 2001), Exit.USAGE, "at most 2000 characters"),
    ],
)
def test_what_cannot_be_decided_is_explained(
    strangler: Strangler, store: str, words: tuple[str, ...], code: Exit, said: str
) -> None:
    result = strangler("triage", *words, "--store", store)
    assert (result.exit_code, said in result.stderr) == (code, True)


def test_without_a_store_there_is_nothing_to_decide_on(strangler: Strangler) -> None:
    assert strangler("triage").exit_code == Exit.UNDECIDED


def test_words_without_a_decision_and_an_unknown_route_are_told_of(strangler: Strangler, store: str) -> None:
    result = strangler("triage", ID, "--owner", "ann", "--store", store)
    assert (result.exit_code, "--as" in result.stderr) == (Exit.USAGE, True)
    result = strangler("triage", "--route", "serch", "--store", store)
    assert (result.exit_code, "there is no route 'serch'" in result.stderr) == (Exit.USAGE, True)
