"""A whole instance and its audit log: who did what, nothing without it, and no user notices either way."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from console.audit.reading import Wanted, check, find
from console.author import account
from demo.processes import free_port
from tests.console.scene import PAIR, fill_store
from tests.integration.instance import Instance, running
from tests.integration.test_versions import strangler
from tests.proxy.supervise.instance import until

pytestmark = pytest.mark.heavy

TABLE = """\
version: 1
backends:
  legacy: {{ url: "http://127.0.0.1:{port}" }}
  orders: {{ url: "http://127.0.0.1:{port}" }}
groups:
  ordering: {{ split: {{ orders: 5, legacy: 95 }} }}
routes:
  - {{ name: read, match: {{ path: "/orders/**" }}, group: ordering }}
"""


class _Monolith(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def monolith() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", free_port()), _Monolith) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Path]:
    with monolith() as port:
        path = tmp_path / "routes.yaml"
        path.write_text(TABLE.format(port=port))
        fill_store(tmp_path / "strangler.db")
        yield path


def post(instance: Instance, path: str, sent: Any) -> tuple[int, Any]:
    url = f"http://127.0.0.1:{instance.admin_port}{path}"
    try:
        with urlopen(Request(url, json.dumps(sent).encode(), {"Content-Type": "application/json"})) as answer:
            return answer.status, json.loads(answer.read())
    except HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def serves(instance: Instance) -> bool:
    url = f"http://127.0.0.1:{instance.port}/orders/1"
    with urlopen(url) as answer:
        return bool(answer.read() == b"ok")


def acts(path: Path) -> list[tuple[str, str, str]]:
    """Oldest first."""
    return [(one.said.by, one.said.what, one.said.step) for one in find(path, Wanted()).lines[::-1] if one.said.act]


def test_console_and_commands_write_one_chain_and_the_log_is_listed_and_verified(table: Path, tmp_path: Path) -> None:
    log = tmp_path / "strangler.db.audit.jsonl"
    with running(tmp_path, "--config", "routes.yaml") as instance:
        strangler(instance, "weight", "ordering", "orders=20", "legacy=80")
        assert instance.admin(f"/api/v1/pairs/{PAIR}")[0] == 200
        strangler(instance, "show", PAIR)
        assert acts(log) == [
            ("local", "POST /-/reload", "done"),
            (account(), "strangler weight", "done"),
            ("local", "GET /api/v1/pairs/{id}", "done"),
            (account(), "strangler show", "done"),
        ]
        listed = json.loads(instance.admin("/api/v1/audit?who=local")[1])["acts"]
        assert [one["what"] for one in listed] == ["GET /api/v1/pairs/{id}", "POST /-/reload"]
        assert instance.status()["audit"] == {"file": str(log), "error": None}
        assert "whole: lines 1 to 9" in strangler(instance, "audit", "--verify")
        assert log.stat().st_mode & 0o777 == 0o600
        log.write_bytes(log.read_bytes().replace(b"strangler weight", b"strangler nobody"))
        assert "broken: strangler.db.audit.jsonl, line 3" in strangler(instance, "audit", "--verify", code=1)


def test_without_the_log_nothing_changes_nothing_is_shown_and_users_are_served(table: Path, tmp_path: Path) -> None:
    log = tmp_path / "strangler.db.audit.jsonl"
    log.mkdir()
    before = table.read_text()
    with running(tmp_path, "--config", "routes.yaml") as instance:
        assert serves(instance)
        health = json.loads(instance.admin("/healthz")[1])
        assert (health["status"], "audit log" in health["reasons"][0]) == ("degraded", True)
        assert post(instance, "/-/reload", {})[0] == 503
        assert "Is a directory" in strangler(instance, "status")
        assert instance.admin(f"/api/v1/pairs/{PAIR}")[0] == 503
        assert instance.admin(f"/pairs/{PAIR}")[0] == 503
        assert instance.admin("/differences")[0] == 200
        strangler(instance, "kill", "ordering", code=1)
        strangler(instance, "show", PAIR, code=1)
        assert (table.read_text(), instance.status()["table_version"]) == (before, 1)
        table.write_text(before + "# by hand\n")  # nothing keeps a table that somebody wrote from its workers
        until(lambda: instance.status()["table_version"] == 2, "the edit by hand")
        assert serves(instance)
        log.rmdir()
        strangler(instance, "kill", "ordering")
        assert instance.admin(f"/api/v1/pairs/{PAIR}")[0] == 200
        assert json.loads(instance.admin("/healthz")[1])["status"] == "ok"
    assert check(log).broken is None


def test_a_line_torn_by_a_crash_of_the_console_is_told_and_survived(table: Path, tmp_path: Path) -> None:
    log = tmp_path / "strangler.db.audit.jsonl"
    with running(tmp_path, "--config", "routes.yaml") as instance:
        assert post(instance, "/-/reload", {})[0] == 202
        (console,) = instance.pids("console")
        os.kill(console, signal.SIGKILL)
        with log.open("ab") as file:
            file.write(b'{"number":4,"at":"2026-')
        until(lambda: instance.admin("/readyz")[0] == 200 and instance.pids("console") != [console], "another console")
        assert serves(instance)
        assert post(instance, "/-/reload", {})[0] == 202
        found = json.loads(instance.admin("/api/v1/audit")[1])
        assert [one["step"] for one in found["acts"]] == ["done", "torn", "done", "opened"]
        assert "; 1 torn by a crash" in strangler(instance, "audit", "--verify")
