from __future__ import annotations

import json
from pathlib import Path

import pytest

from console.exits import Exit
from demo.processes import free_port
from tests.console.conftest import Strangler
from tests.console.scene import TABLE


@pytest.fixture
def nobody() -> tuple[str, str]:
    return ("--admin", f"127.0.0.1:{free_port()}")


def test_a_weight_changes_in_the_file_and_nothing_else(
    strangler: Strangler, routes_file: Path, nobody: tuple[str, str]
) -> None:
    result = strangler("weight", "ordering", "orders=30", "legacy=70", *nobody)
    assert result.exit_code == Exit.FINE, result.output
    assert routes_file.read_text() == TABLE.replace("orders: 20, legacy: 80", "orders: 30, legacy: 70")
    assert result.stdout.splitlines()[0] == "ordering: orders 20 % -> 30 %, legacy 80 % -> 70 %"
    assert "it takes effect at the next start" in result.stdout


def test_weights_that_no_longer_add_up_are_told(
    strangler: Strangler, routes_file: Path, nobody: tuple[str, str]
) -> None:
    result = strangler("weight", "ordering", "orders=120", *nobody)
    assert "orders 20 % -> 60 %" in result.stdout
    assert "add up to 200 now" in result.stderr


def test_json_says_before_and_after(strangler: Strangler, routes_file: Path, nobody: tuple[str, str]) -> None:
    document = json.loads(strangler("weight", "search", "orders=1", "--format", "json", *nobody).stdout)
    assert (document["before"], document["after"]) == ({"orders": 0, "legacy": 100}, {"orders": 1, "legacy": 100})
    assert document["in_force"]["table_version"] is None
    again = json.loads(strangler("weight", "search", "orders=1", "--format", "json", *nobody).stdout)
    assert (again["changed"], again["in_force"]) == (False, None)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("serch", "orders=1"), Exit.FINDINGS, 'did you mean "search"?'),
        (("search", "ordes=1"), Exit.FINDINGS, "there is no backend 'ordes'; did you mean"),
        (("search", "legacy=0"), Exit.FINDINGS, "no good table, so nothing was changed"),
        (("search", "orders"), Exit.USAGE, "write BACKEND=N"),
        (("search", "orders=-1"), Exit.USAGE, "write BACKEND=N"),
        (("search",), Exit.USAGE, "Missing argument"),
    ],
)
def test_what_cannot_be_is_explained_and_changes_nothing(
    strangler: Strangler, routes_file: Path, words: tuple[str, ...], code: Exit, said: str
) -> None:
    result = strangler("weight", *words)
    assert (result.exit_code, said in result.stderr) == (code, True), result.output
    assert routes_file.read_text() == TABLE
