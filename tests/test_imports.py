"""What starts fast imports little: each process and command only what its own job takes, measured by names and not by a clock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

TO_DRAW = {"rich", "jinja2"}
TO_COMPARE = {"lxml", "deepdiff", "brotli", "shadow.compare"}
TO_LOAD_A_TABLE = {"pydantic", "yaml", "proxy.table.load"}
TO_RECORD = {"sqlite3", "shadow.store"}
TO_SERVE_THE_ADMIN_PORT = {"aiohttp.web", "prometheus_client", "console.web.app"}
TO_LOG_IN_ELSEWHERE = {"authlib", "joserfc"}

NEEDLESS = {
    "proxy.worker": TO_DRAW
    | TO_COMPARE
    | TO_LOAD_A_TABLE
    | TO_RECORD
    | TO_SERVE_THE_ADMIN_PORT
    | {"aiohttp", "click", "h2", "shadow", "console"},
    "shadow.__main__": TO_DRAW | TO_LOAD_A_TABLE | TO_SERVE_THE_ADMIN_PORT | {"click", "deepdiff", "console"},
    "console.admin": TO_DRAW
    | TO_COMPARE
    | TO_LOG_IN_ELSEWHERE
    | {"pydantic", "proxy.table.load", "prometheus_client", "console.web.pages.overview"},
    "console.main": TO_DRAW
    | TO_COMPARE
    | TO_LOAD_A_TABLE
    | TO_RECORD
    | TO_SERVE_THE_ADMIN_PORT
    | {"aiohttp", "asyncio"},
    **{
        f"console.commands.{name}": TO_DRAW | TO_COMPARE | TO_RECORD | TO_SERVE_THE_ADMIN_PORT | {"aiohttp", "uvloop"}
        for name in ("serve", "check", "explain", "schema")
    },
}
"""What a process or a command, by its first module, does without until it is ready, or for good."""


@pytest.mark.parametrize("first", NEEDLESS)
def test_nothing_is_imported_that_the_job_does_not_take(first: str) -> None:
    code = f"import sys, {first}; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-P", "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    imported = set(ran.stdout.split())
    assert first in imported
    assert imported & NEEDLESS[first] == set()
