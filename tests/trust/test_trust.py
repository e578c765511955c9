"""What is said of 20,000 pairs is held against what is so: false alarms are rare, no bug hides, and no rule is proposed that hides one."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml

from console.suggested import suggested_document, suggested_yaml
from shadow.store.read_kept import Wanted
from shadow.store.sqlite import SqliteStore
from tests.trust.bugs import BUGS
from tests.trust.drive import TABLE, compare_rules, drive, without_rules
from tests.trust.page import PAGE, page

PAIRS = 20_000

pytestmark = [pytest.mark.heavy, pytest.mark.long]


async def test_what_is_no_bug_stays_out_of_mismatch_and_every_bug_is_inside_in_the_right_signature() -> None:
    truth = await drive(PAIRS + 500, TABLE.read_text(encoding="utf-8"))
    assert truth.lost == {}
    assert truth.pairs >= PAIRS
    assert len(BUGS) == 25
    assert truth.false_alarms <= 0.01 * truth.sound, {name: route.alarms for name, route in truth.routes.items()}
    missed = {bug.name for bug in BUGS} - {name for name, met in truth.bugs.items() if met.named}
    assert missed == set()
    unseen = {name: met.told for name, met in truth.bugs.items() if met.found < 0.95 * met.pairs}
    assert unseen == {}


async def test_exactly_the_rules_are_proposed_that_a_person_would_write(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "strangler.db")
    table = TABLE.read_text(encoding="utf-8")
    await drive(3_000, without_rules(table), store=store)
    learned = store.learned()
    kept = {route: store.kept(Wanted(route, limit=50)) for route in learned}
    document = suggested_document(learned.values(), kept, now=time.time())
    proposed = yaml.safe_load(suggested_yaml(document))
    wanted = compare_rules(table)
    del wanted["away"]  # which headers matter nobody can guess
    assert _sorted({route["name"]: route["compare"] for route in proposed["routes"]}) == _sorted(wanted)


def test_the_page_is_made_of_such_figures() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text.count("\n| a ") + text.count("\n| ") > len(BUGS)
    assert all(f"| {bug.name} | `{bug.route}` |" in text for bug in BUGS)
    assert "bugs in the right signature | 25 of 25 | 25 of 25 |" in text
    assert page.__doc__


def _sorted(rules: dict[str, dict[str, object]]) -> dict[str, dict[str, object]]:
    """The order of entries says nothing."""
    return {
        route: {
            key: sorted(entries, key=str) if isinstance(entries, list) else entries for key, entries in keys.items()
        }
        for route, keys in rules.items()
    }
