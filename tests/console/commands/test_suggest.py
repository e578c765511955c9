from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import yaml

from console.exits import Exit
from proxy.table.load import load_table
from shadow.model import Outcome
from shadow.noise.seen import PlaceSeen, RuleHit
from shadow.store import open_store
from shadow.store.batch import Batch
from shadow.store.records import Recorded
from tests.console.conftest import Strangler
from tests.console.scene import HOSTILE, TABLE, fill_store, table


@pytest.fixture
def store(tmp_path: Path) -> str:
    """As the scene's, and the control disagrees with itself at two places of search."""
    url = fill_store(tmp_path / "own.db", now=time.time() - 20 * 86_400)
    from proxy.model.plan import plans_of  # noqa: PLC0415 - only here

    plan = plans_of(table())["search"]
    places = [
        PlaceSeen("$.served_at", "values_changed", True, True, True, "timestamp"),
        PlaceSeen(f"$[{json.dumps(HOSTILE)}]", "values_changed", True, True, True, "text"),
    ]
    noise = [
        Recorded(plan.route, plan.rules, time.time(), Outcome.NOISE, places=tuple(places), again=True, sampled=True)
        for _ in range(600)
    ]
    writer = open_store(url).writer()
    writer.write(Batch(pairs=noise))
    writer.close()
    return url


def test_what_is_printed_can_be_pasted(strangler: Strangler, store: str) -> None:
    result = strangler("suggest", "--store", store)
    assert result.exit_code == Exit.FINE
    assert "\x1b" not in result.stdout
    read = yaml.safe_load(result.stdout)
    assert [route["name"] for route in read["routes"]] == ["search"]
    whole = yaml.safe_load(TABLE)
    for route in whole["routes"]:
        if route["name"] == "search":
            route["compare"] = read["routes"][0]["compare"]
    compare = load_table(yaml.safe_dump(whole)).by_name["search"].compare
    assert [rule.label for rule in compare.normalise] == ["$.served_at as timestamp"]
    assert [waiver.kinds for waiver in compare.ignore] == [("values_changed",)]


def test_as_json_every_proposal_has_its_evidence(strangler: Strangler, store: str) -> None:
    document = json.loads(strangler("suggest", "--store", store, "--format", "json").stdout)
    assert [(one["route"], one["key"]) for one in document["proposals"]] == [
        ("search", "ignore"),
        ("search", "normalise"),
    ]
    assert all("600 of 600 (100 %)" in one["why"] for one in document["proposals"])


def test_rules_that_hid_nothing_for_long_are_told_of(strangler: Strangler, store: str) -> None:
    text = strangler("suggest", "--store", store, "--route", "order-read").stdout
    assert "Nothing to propose" in text
    assert "hid nothing" not in text  # too few pairs
    more = [Recorded("order-read", _rules("order-read"), time.time(), Outcome.MATCH) for _ in range(1000)]
    writer = open_store(store).writer()
    writer.write(Batch(pairs=more))
    text = strangler("suggest", "--store", store, "--route", "order-read").stdout
    assert "the rule $.served_at (ignore) hid nothing in 20 days and 1,400 pairs: remove it" in text
    writer.write(
        Batch(
            pairs=[
                Recorded(
                    "order-read",
                    _rules("order-read"),
                    time.time(),
                    Outcome.WAIVED,
                    hits=(RuleHit("$.served_at", "values_changed", 1),),
                )
            ]
        )
    )
    writer.close()
    assert "hid nothing" not in strangler("suggest", "--store", store).stdout


def test_an_unknown_route_is_a_usage_error(strangler: Strangler, store: str) -> None:
    result = strangler("suggest", "--store", store, "--route", "serach")
    assert (result.exit_code, "did you mean 'search'?" in result.stderr) == (Exit.USAGE, True)


def test_proposals_are_written_with_comments_kept_and_only_once(
    strangler: Strangler, store: str, routes_file: Path, tmp_path: Path
) -> None:
    text = TABLE.replace("  - name: search\n", "  - name: search  # the shop's\n")
    routes_file.write_text(text)
    words = ("suggest", "--write", "--store", store, "--admin", "127.0.0.1:1")
    result = strangler(*words)
    assert result.exit_code == Exit.FINE, result.output
    assert "# 2 rules put into routes.yaml\n# no instance answers on 127.0.0.1:1" in result.stdout
    written = routes_file.read_text()
    assert "  - name: search  # the shop's\n" in written
    compare = load_table(written).by_name["search"].compare
    assert [rule.label for rule in compare.normalise] == ["$.served_at as timestamp"]
    assert [waiver.kinds for waiver in compare.ignore] == [("values_changed",)]
    again = json.loads(strangler(*words, "--format", "json").stdout)
    assert (again["written"], again["in_force"]) == ([], None)
    assert routes_file.read_text() == written


def test_where_one_rule_cannot_be_written_none_is(strangler: Strangler, store: str, routes_file: Path) -> None:
    text = TABLE.replace("name: search", "name: find")
    routes_file.write_text(text)
    result = strangler("suggest", "--write", "--store", store, "--admin", "127.0.0.1:1")
    assert (result.exit_code, "has no route 'search'" in result.stderr) == (Exit.FINDINGS, True), result.output
    assert routes_file.read_text() == text


def _rules(route: str) -> str:
    from proxy.model.plan import plans_of  # noqa: PLC0415 - only here

    return plans_of(table())[route].rules
