from __future__ import annotations

from pathlib import Path

from console.exits import Exit
from demo.processes import free_port
from tests.console.conftest import Strangler
from tests.console.scene import TABLE


def test_everything_goes_back_to_legacy_and_a_second_time_nothing_changes(
    strangler: Strangler, routes_file: Path
) -> None:
    words = ("kill", "ordering", "--admin", f"127.0.0.1:{free_port()}")
    result = strangler(*words)
    assert result.exit_code == Exit.FINE, result.output
    assert routes_file.read_text() == TABLE.replace("orders: 20, legacy: 80", "orders: 0, legacy: 80")
    assert result.stdout.startswith("ordering: orders 20 % -> 0 %, legacy 80 % -> 100 %\n")
    assert "nothing to change" in strangler(*words).stdout


def test_a_route_that_goes_to_one_backend_as_a_whole_gets_a_split_and_keeps_its_shadow(
    strangler: Strangler, routes_file: Path
) -> None:
    routes_file.write_text(
        TABLE.replace("    split: { orders: 0, legacy: 100 }\n    shadow: {", "    backend: orders # !\n    shadow: {")
    )
    result = strangler("kill", "search", "--admin", f"127.0.0.1:{free_port()}")
    assert result.exit_code == Exit.FINE, result.output
    assert "    split: { orders: 0, legacy: 100 } # !\n" in routes_file.read_text()
