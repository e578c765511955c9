"""The command against a real server; what it sends and compares is tested in tests/shadow/again."""

from __future__ import annotations

import json
import stat
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from xml.etree import ElementTree

import pytest

from console.exits import Exit
from proxy.model.plan import plans_of
from proxy.table.load import load_table
from shadow.store import open_store
from shadow.store.batch import Batch
from tests.console.conftest import Strangler
from tests.console.scene import HOSTILE, PAIR, TABLE, fill_store

RIGHT = b'{"id": 7, "total": 12.50, "items": [1, 2, 3, 4, 5, 6, 7, 8, 9]}'


class Handler(BaseHTTPRequestHandler):
    body = RIGHT
    asked: list[tuple[str, str | None]]

    def do_POST(self) -> None:
        self.asked.append((self.path, self.headers["Authorization"]))
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def build() -> Iterator[tuple[str, type[Handler]]]:
    """A build: its URL and its handler."""
    handler = type("Build", (Handler,), {"asked": []})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_right_build_ends_with_zero(
    strangler: Strangler, filled_store: str, build: tuple[str, type[Handler]]
) -> None:
    url, handler = build
    words = (
        "replay",
        PAIR[:6],
        "--against",
        url,
        "--store",
        filled_store,
        "--unsafe",
        "-H",
        "Authorization: Bearer me",
    )
    result = strangler(*words, "--format", "json")
    document = json.loads(result.stdout)
    assert (result.exit_code, document["results"]["equal"], document["fixed"]) == (Exit.FINE, 1, 1)
    assert document["hidden"] == ["Cookie"]
    assert handler.asked == [("/orders/7?x=it's", "Bearer me")]


@pytest.mark.parametrize("format_", ["text", "json", "junit", "markdown"])
def test_a_wrong_build_ends_with_one_and_is_told_of_in_every_format(
    strangler: Strangler, filled_store: str, build: tuple[str, type[Handler]], format_: str
) -> None:
    url, handler = build
    handler.body = RIGHT.replace(b"12.50", json.dumps(f"`|<b>{HOSTILE}").encode())
    result = strangler("replay", "--against", url, "--store", filled_store, "--unsafe", "--format", format_)
    assert result.exit_code == Exit.FINDINGS
    assert "$.total" in result.stdout
    assert "\x1b" not in result.stdout
    assert "\u202e" not in result.stdout
    if format_ == "junit":
        suite = ElementTree.fromstring(result.stdout)[0]  # noqa: S314 - our own output
        assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("order-read", "1", "1")
        assert suite[0][0].tag == "failure"
    if format_ == "text":
        assert max(map(len, result.stdout.splitlines())) <= 80
    if format_ == "markdown":
        rows = [line for line in result.stdout.splitlines() if "$.total" in line]
        assert [row.replace("\\|", "").count("|") for row in rows] == [6]


@pytest.mark.parametrize("where", ["table", "store"])
def test_what_the_table_hides_is_not_told_of_the_new_build(
    strangler: Strangler, tmp_path: Path, build: tuple[str, type[Handler]], where: str
) -> None:
    hiding = TABLE.replace("defaults:\n", "defaults:\n  redact: { names: [total] }\n")
    store = fill_store(tmp_path / "strangler.db")
    if where == "table":
        (tmp_path / "routes.yaml").write_text(hiding)
    else:
        writer = open_store(store).writer()
        writer.write(Batch(plans=plans_of(load_table(hiding, version=4)), plans_at=time.time()))
        writer.close()
    url, handler = build
    handler.body = RIGHT.replace(b"12.50", b"47.11").replace(b"9]", b"10]")
    result = strangler("replay", "--against", url, "--store", store, "--unsafe", "--format", "json")
    assert result.exit_code == Exit.FINDINGS
    assert "$.items" in result.stdout
    assert "47.11" not in result.stdout


def test_pairs_go_through_a_file_to_a_machine_without_a_store(
    strangler: Strangler, filled_store: str, build: tuple[str, type[Handler]], tmp_path: Path
) -> None:
    saved = strangler("replay", "--save", "pairs.jsonl", "--store", filled_store)
    assert (saved.exit_code, saved.stderr) == (Exit.FINE, "1 pair written to pairs.jsonl\n")
    assert stat.S_IMODE((tmp_path / "pairs.jsonl").stat().st_mode) == 0o600
    result = strangler("replay", "--from", "pairs.jsonl", "--against", build[0], "--unsafe")
    assert result.exit_code == Exit.FINE


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), Exit.USAGE, "give --against URL"),
        (("--against", "http://h", "--save", "x"), Exit.USAGE, "give --against URL"),
        (("--against", "ftp://h"), Exit.USAGE, "--against"),
        (("ffff", "--against", "http://127.0.0.1:1"), Exit.FINDINGS, "no pair is kept whose id begins with 'ffff'"),
        (("--against", "http://127.0.0.1:1"), Exit.UNDECIDED, "nothing was sent"),
        (("--route", "search", "--against", "http://127.0.0.1:1"), Exit.UNDECIDED, "no pair is kept"),
        (("--against", "http://127.0.0.1:1", "--from", "bad"), Exit.FINDINGS, "not a pair"),
        (("--against", "http://127.0.0.1:1", "--from", "none"), Exit.FINDINGS, "check the path"),
    ],
)
def test_what_cannot_be_sent_is_explained(
    strangler: Strangler, filled_store: str, tmp_path: Path, words: tuple[str, ...], code: Exit, said: str
) -> None:
    (tmp_path / "bad").write_text("{}\n")
    result = strangler("replay", *words, "--store", filled_store)
    assert (result.exit_code, said in result.stderr) == (code, True), result.stderr
