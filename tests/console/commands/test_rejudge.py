from __future__ import annotations

import json
from pathlib import Path

from console.exits import Exit
from tests.console.conftest import Strangler
from tests.console.scene import PAIR, TABLE

HIDES_TOTAL = TABLE.replace('{ path: "$.served_at"', '{ path: "$.total" }, { path: "$.served_at"')


def test_a_rule_that_hides_what_blocks_a_route_unblocks_it(
    strangler: Strangler, filled_store: str, tmp_path: Path
) -> None:
    (tmp_path / "new.yaml").write_text(HIDES_TOTAL)
    result = strangler("rejudge", "new.yaml", "--store", filled_store, "--format", "json")
    (route,) = json.loads(result.stdout)["routes"]
    assert (route["route"], route["kept"], route["judged"], route["changed"]) == ("order-read", 1, 1, 1)
    assert route["pairs"] == [{"pair": PAIR, "before": "mismatch", "after": "waived"}]
    assert (route["before"]["outcomes"]["mismatch"], route["after"]["outcomes"]["waived"]) == (100, 100)
    assert (route["before"]["readiness"]["verdict"], route["after"]["readiness"]["verdict"]) == ("blocked", "ready")
    assert route["signatures"]["gone"] == [{"path": "$.total", "kind": "type_changes"}]
    assert result.exit_code == Exit.FINE


def test_the_present_rules_leave_everything_as_it_was(
    strangler: Strangler, filled_store: str, routes_file: Path
) -> None:
    result = strangler("rejudge", "--store", filled_store)
    assert result.exit_code == Exit.FINDINGS
    assert "order-read" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert routes_file.read_text() == TABLE


def test_a_bad_table_is_explained_and_nothing_is_judged(
    strangler: Strangler, filled_store: str, tmp_path: Path
) -> None:
    (tmp_path / "bad.yaml").write_text(TABLE.replace("ignore:", "ignroe:"))
    result = strangler("rejudge", "bad.yaml", "--store", filled_store)
    assert result.exit_code == Exit.FINDINGS
    assert "did you mean" in result.stderr


def test_routes_that_the_other_table_does_not_have_are_named(
    strangler: Strangler, filled_store: str, tmp_path: Path
) -> None:
    (tmp_path / "new.yaml").write_text(TABLE.replace("name: order-read", "name: orders"))
    result = strangler("rejudge", "new.yaml", "--store", filled_store, "--format", "json")
    assert json.loads(result.stdout)["unknown"] == ["order-read"]
    assert "so not judged: order-read" in strangler("rejudge", "new.yaml", "--store", filled_store).stdout
