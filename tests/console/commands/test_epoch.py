from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from console.exits import Exit
from proxy.model.plan import plans_of
from shadow.model import Outcome
from shadow.store import open_store
from shadow.store.batch import Batch
from shadow.store.records import Recorded
from tests.console.conftest import Strangler
from tests.console.scene import fill_store, table


@pytest.fixture
def store(tmp_path: Path) -> str:
    return fill_store(tmp_path / "strangler.db", now=time.time() - 60)


def compared(strangler: Strangler) -> dict[str, int]:
    document = json.loads(strangler("report", "--format", "json").stdout)
    return {route["route"]: route["compared"] for route in document["routes"]}


@pytest.mark.usefixtures("store")
def test_evidence_counts_anew_for_the_routes_that_are_named_and_the_report_says_why(strangler: Strangler) -> None:
    result = strangler("epoch", "search", "--reason", "deploy 7", "--by", "anna")
    assert (result.exit_code, result.stdout) == (Exit.FINE, "")
    assert result.stderr == "From now on evidence of 1 route counts anew: search.\n"
    assert compared(strangler) == {"order-read": 400, "search": 0, "forms": 0}
    assert "Z by anna: deploy 7" in strangler("report", "--route", "search").stdout


def test_a_writer_that_runs_goes_by_it_from_its_next_batch_on(strangler: Strangler, store: str) -> None:
    plan = plans_of(table())["search"]
    writer = open_store(store).writer()
    pair = Recorded(plan.route, plan.rules, time.time(), Outcome.MATCH)
    writer.write(Batch(pairs=[pair]))
    assert compared(strangler)["search"] == 453
    assert strangler("epoch", "--reason", "new data").exit_code == Exit.FINE
    writer.write(Batch(pairs=[pair, Recorded(plan.route, plan.rules, time.time() + 1, Outcome.MATCH)]))
    writer.close()
    assert compared(strangler) == {"order-read": 0, "search": 1, "forms": 0}


@pytest.mark.usefixtures("store")
def test_marks_are_listed_newest_first(strangler: Strangler) -> None:
    assert strangler("epoch").stderr.startswith("No marks: ")
    strangler("epoch", "search", "--reason", "one\x1b[31m", "--by", "anna")
    strangler("epoch", "--reason", "two", "--by", "bert", "--format", "json")
    lines = strangler("epoch", "search").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["route", "search", "search"]
    assert "bert  two" in lines[1]
    assert "\x1b" not in lines[2]
    marks = json.loads(strangler("epoch", "--format", "json").stdout)["marks"]
    assert [(mark["route"], mark["who"]) for mark in marks] == [
        ("forms", "bert"),
        ("order-read", "bert"),
        ("search", "bert"),
        ("search", "anna"),
    ]


@pytest.mark.usefixtures("store")
def test_an_unknown_route_and_an_empty_reason_change_nothing(strangler: Strangler) -> None:
    result = strangler("epoch", "serch", "--reason", "x")
    assert result.exit_code == Exit.UNDECIDED
    assert "there is no route 'serch'; did you mean 'search'?" in result.stderr
    for reason in (" ", "x" * 201):
        assert strangler("epoch", "--reason", reason).exit_code == Exit.USAGE
    assert strangler("epoch").stderr.startswith("No marks: ")


def test_without_a_store_there_is_nothing_to_mark(strangler: Strangler, tmp_path: Path) -> None:
    result = strangler("epoch", "--reason", "x")
    assert result.exit_code == Exit.UNDECIDED
    assert "nothing has been recorded yet" in result.stderr
    assert not (tmp_path / "strangler.db").exists()
