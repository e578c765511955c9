from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from console.exits import Exit
from tests.console.conftest import Strangler
from tests.console.scene import PAIR


def test_a_blocked_route_ends_the_report_with_one(strangler: Strangler, filled_store: str) -> None:
    result = strangler("report", "--store", filled_store)
    assert result.exit_code == Exit.FINDINGS
    assert "order-read: blocked" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert "\x1b" not in result.stdout


def test_without_a_blocked_route_it_ends_with_zero(strangler: Strangler, filled_store: str) -> None:
    result = strangler("report", "--store", filled_store, "--route", "search", "--format", "json")
    assert result.exit_code == Exit.FINE
    assert [route["route"] for route in json.loads(result.stdout)["routes"]] == ["search"]


def test_as_json_it_is_the_contract(strangler: Strangler, filled_store: str) -> None:
    report = json.loads(strangler("report", "--store", filled_store, "--format", "json").stdout)
    assert report["table_version"] == 3
    assert [route["readiness"]["verdict"] for route in report["routes"]] == ["blocked", "inconclusive", "ready"]


def test_what_is_older_than_since_does_not_count(strangler: Strangler, filled_store: str) -> None:
    words = ("report", "--store", filled_store, "--route", "search", "--format", "json", "--since")
    assert json.loads(strangler(*words, "24h").stdout)["routes"][0]["seen"] == 460
    assert strangler(*words, "tomorrow").exit_code == Exit.USAGE


@pytest.mark.parametrize("command", ["report", "diffs"])
def test_a_line_to_copy_names_the_store_that_the_command_was_told(
    strangler: Strangler, filled_store: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def copied(*words: str) -> list[str]:
        folded = strangler(command, *words).stdout.replace("\n", "").split("strangler show ")
        return [" ".join(line.split()) for line in folded[1:]]

    assert all(f"--store {filled_store}" in line for line in copied("--store", filled_store))
    monkeypatch.setenv("STRANGLER_STORE", filled_store)
    assert copied()
    assert not any("--store" in line for line in copied())


@pytest.mark.parametrize("command", ["report", "diffs", "show x"])
def test_without_a_store_nothing_can_be_decided(strangler: Strangler, command: str) -> None:
    result = strangler(*command.split())
    assert result.exit_code == Exit.UNDECIDED
    assert "nothing has been recorded yet" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("command", ["report", "diffs", "show x"])
def test_what_is_no_store_is_told(strangler: Strangler, tmp_path: Path, command: str) -> None:
    (tmp_path / "text.db").write_text("this is no database, but long enough to be looked at" * 100)
    foreign = sqlite3.connect(tmp_path / "foreign.db")
    foreign.execute("CREATE TABLE t (x)")
    foreign.commit()
    foreign.close()
    for name in ("text.db", "foreign.db"):
        result = strangler(*command.split(), "--store", f"sqlite:///{name}")
        assert result.exit_code == Exit.UNDECIDED
        assert result.stderr.startswith("strangler: ")
    result = strangler(*command.split(), "--store", "postgres://x")
    assert result.exit_code == Exit.USAGE
    assert "sqlite:///strangler.db" in result.stderr


@pytest.mark.parametrize("command", ["report", "diffs"])
def test_an_unknown_route_is_a_usage_error_that_says_which_was_meant(
    strangler: Strangler, filled_store: str, command: str
) -> None:
    result = strangler(command, "--store", filled_store, "--route", "order-reed")
    assert result.exit_code == Exit.USAGE
    assert "did you mean 'order-read'?" in result.stderr


def test_the_store_may_come_from_the_environment(strangler: Strangler, filled_store: str) -> None:
    assert strangler("report", env={"STRANGLER_STORE": filled_store}).exit_code == Exit.FINDINGS


def test_signatures_are_listed_most_frequent_first(strangler: Strangler, filled_store: str) -> None:
    result = strangler("diffs", "--store", filled_store)
    assert result.exit_code == Exit.FINE
    assert "100x  order-read  $.total  type_changes" in result.stdout
    document = json.loads(strangler("diffs", "--store", filled_store, "--format", "json").stdout)
    assert [one["count"] for one in document["signatures"]] == [100]


def test_no_differences_are_said_and_nothing_is_printed(strangler: Strangler, filled_store: str) -> None:
    result = strangler("diffs", "--store", filled_store, "--route", "search")
    assert (result.exit_code, result.stdout, result.stderr) == (Exit.FINE, "", "No differences.\n")


@pytest.mark.parametrize("given", [PAIR, PAIR[:4], "request-1"])
def test_a_pair_is_found_by_its_id_its_beginning_or_its_request(
    strangler: Strangler, filled_store: str, given: str
) -> None:
    result = strangler("show", given, "--store", filled_store, "--url", "http://shop.example/")
    assert result.exit_code == Exit.FINE
    assert f"pair {PAIR}, mismatch" in result.stdout
    assert "http://shop.example/orders/7" in result.stdout


def test_a_pair_as_json(strangler: Strangler, filled_store: str) -> None:
    document = json.loads(strangler("show", PAIR, "--store", filled_store, "--format", "json").stdout)
    assert document["route"] == "order-read"


def test_an_unknown_pair_is_told(strangler: Strangler, filled_store: str) -> None:
    result = strangler("show", "zzz", "--store", filled_store)
    assert result.exit_code == Exit.FINDINGS
    assert "strangler diffs" in result.stderr


@pytest.mark.parametrize("format_", ["text", "json", "markdown", "junit", "sarif", "html"])
def test_every_format_goes_into_a_file_and_ends_like_the_others(
    strangler: Strangler, filled_store: str, tmp_path: Path, format_: str
) -> None:
    result = strangler("report", "--store", filled_store, "--format", format_, "--output", "out/../report")
    assert (result.exit_code, result.stdout, result.stderr) == (Exit.FINDINGS, "", "written to out/../report\n")
    text = (tmp_path / "report").read_text()
    assert "order-read" in text
    assert "\x1b" not in text
    assert text.endswith("\n")
    printed = strangler("report", "--store", filled_store, "--format", format_, "--output", "-")
    assert (printed.exit_code, len(printed.stdout)) == (Exit.FINDINGS, len(text))


def test_a_file_that_cannot_be_written_is_told(strangler: Strangler, filled_store: str) -> None:
    result = strangler("report", "--store", filled_store, "--route", "search", "--output", "missing/report")
    assert (result.exit_code, result.stderr) == (
        Exit.FINDINGS,
        "strangler: cannot write missing/report: No such file or directory\n",
    )


def test_sarif_points_at_the_line_of_the_route_in_the_table(
    strangler: Strangler, filled_store: str, routes_file: Path
) -> None:
    document = json.loads(strangler("report", "--store", filled_store, "--format", "sarif").stdout)
    (place,) = document["runs"][0]["results"][0]["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == routes_file.name
    line = routes_file.read_text().splitlines()[place["physicalLocation"]["region"]["startLine"] - 1]
    assert line.strip() == "- name: order-read"
