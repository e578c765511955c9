from __future__ import annotations

import json
from pathlib import Path

from console.exits import Exit
from tests.console.conftest import Strangler


def test_the_stage_of_every_route_is_computed(strangler: Strangler, routes_file: Path) -> None:
    lines = strangler("stage").stdout.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [
        ["order-read", "canary"],
        ["search", "shadow"],
        ["forms", "legacy"],
    ]
    assert "ordering  orders 20 %, legacy 80 %" in lines[1]
    first, *_ = json.loads(strangler("stage", "--format", "json").stdout)["routes"]
    assert (first["stage"], first["shares"], first["shadowed"]) == ("canary", {"orders": 0.2, "legacy": 0.8}, True)


def test_a_bad_table_has_no_stages(strangler: Strangler, routes_file: Path) -> None:
    routes_file.write_text("version: 2\n")
    assert strangler("stage").exit_code == Exit.FINDINGS
