from __future__ import annotations

import stat
from pathlib import Path

import pytest

from console.exits import Exit
from tests.console.conftest import Strangler

URL = "http://127.0.0.1:8000"


def test_it_writes_a_table_that_check_accepts(strangler: Strangler, tmp_path: Path) -> None:
    result = strangler("init", "--legacy", URL)
    assert (result.exit_code, result.stdout) == (Exit.FINE, "routes.yaml\n")
    assert "strangler serve" in result.stderr
    assert strangler("check").stdout == "routes.yaml: 0 routes, 1 backend, no mistakes\n"
    assert stat.S_IMODE((tmp_path / "routes.yaml").stat().st_mode) == 0o644


def test_an_existing_file_is_left_alone(strangler: Strangler, routes_file: Path) -> None:
    before = routes_file.read_text()
    result = strangler("init", "--legacy", URL)
    assert result.exit_code == Exit.FINDINGS
    assert "--force" in result.stderr
    assert routes_file.read_text() == before
    assert [path.name for path in routes_file.parent.iterdir()] == ["routes.yaml"]


def test_it_is_replaced_when_asked_for(strangler: Strangler, routes_file: Path) -> None:
    assert strangler("init", "--legacy", URL, "--force").exit_code == Exit.FINE
    assert "order-read" not in routes_file.read_text().replace("#   - name: order-read", "")


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://x", "http://x/path", "http://", "http://u:p@x", 'http://x"y'])
def test_a_bad_url_is_told_and_nothing_is_written(strangler: Strangler, tmp_path: Path, url: str) -> None:
    result = strangler("init", "--legacy", url)
    assert result.exit_code == Exit.FINDINGS
    assert result.stderr.startswith("strangler: --legacy: ")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_none_is_told(strangler: Strangler) -> None:
    result = strangler("init", "--legacy", URL, "--config", "missing/routes.yaml")
    assert result.exit_code == Exit.FINDINGS
    assert "cannot write missing/routes.yaml" in result.stderr


def test_the_url_is_wanted(strangler: Strangler) -> None:
    assert strangler("init").exit_code == Exit.USAGE
