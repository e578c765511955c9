from __future__ import annotations

import json
import os
import pty
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from console.exits import Exit
from proxy.identity import IdentityCookie
from proxy.model.plan import plans_of
from shadow.model import Outcome
from shadow.redact import Redactor
from shadow.store import open_store
from shadow.store.batch import Batch
from shadow.store.connect import open_for_reading
from shadow.store.records import Recorded
from shadow.store.selection import Selection
from tests.console.conftest import Strangler
from tests.console.scene import PAIR, fill_store, kept_pair, table

ROOT = Path(__file__).resolve().parents[3]
KEY = b"k" * 64
TOKEN = "t" * 26


@pytest.fixture
def store(tmp_path: Path) -> str:
    """Beside the scene's pair, which is nobody's: two of anna an hour ago, one of the user with our own cookie."""
    (tmp_path / "strangler.key").write_bytes(KEY)
    now = time.time() - 60
    url = fill_store(tmp_path / "strangler.db", now=now)
    plan = plans_of(table())["order-read"]
    writer = open_store(url).writer()
    for number, (whose, at) in enumerate([("anna", now - 3600), ("anna", now - 3500), (TOKEN, now)]):
        pair = kept_pair(plan.rules, at, id=f"2f3a5c000000000{number}", request_id=f"request of {whose}")
        one = Redactor(KEY).identity(whose)
        writer.write(Batch(pairs=[Recorded(plan.route, plan.rules, at, Outcome.MISMATCH, pair=pair, identity=one)]))
    writer.close()
    return url


def kept(store: str) -> list[str]:
    return sorted(open_store(store).affected(Selection(before=time.time() + 1)).pairs)


ANNAS = ["2f3a5c0000000000", "2f3a5c0000000001"]
OWN = "2f3a5c0000000002"
ALL = [PAIR, *ANNAS, OWN]
GONE = "The file is written anew and its log empty: nothing of it is left there."


def test_it_tells_what_would_go_and_removes_nothing(strangler: Strangler, store: str) -> None:
    result = strangler("purge", "--identity", "anna", "--dry-run")
    assert (result.exit_code, result.stderr) == (Exit.FINE, "")
    assert result.stdout.splitlines() == [
        "Would remove 2 pairs (2 with requests and answers), 2,212 bytes.",
        "Counts stay, so no verdict changes.",
        "Not searched: 1 pair of requests that carried no identity.",
    ]
    assert kept(store) == ALL


def test_a_users_pairs_go_and_no_count(strangler: Strangler, store: str) -> None:
    before = strangler("report", "--format", "json").stdout
    result = strangler("purge", "--identity", "anna", "--yes")
    assert (result.exit_code, result.stderr) == (Exit.FINE, "")
    assert result.stdout.splitlines()[0] == "Removed 2 pairs (2 with requests and answers), 2,212 bytes."
    assert result.stdout.splitlines()[-1] == GONE
    assert kept(store) == [PAIR, OWN]
    after = strangler("report", "--format", "json").stdout
    assert [{**route, "readiness": None} for route in json.loads(before)["routes"]] == [
        {**route, "readiness": None} for route in json.loads(after)["routes"]
    ]
    again = strangler("purge", "--identity", "anna", "--yes")
    assert (again.exit_code, again.stdout.splitlines()[0]) == (Exit.FINE, "Nothing was kept of it.")


def test_several_identities_and_our_own_cookie_are_found(strangler: Strangler, store: str) -> None:
    cookie = IdentityCookie(KEY).issue(TOKEN.encode()).decode().partition(";")[0].partition("=")[2]
    assert cookie.startswith(f"{TOKEN}.")
    result = strangler("purge", "--identity", "anna", "--identity", cookie, "--yes", "--format", "json")
    document = json.loads(result.stdout)
    assert (document["pairs"], document["selected"]["identities"], document["gone_from_disk"]) == (3, 2, True)
    assert cookie not in result.stdout
    assert kept(store) == [PAIR]


def test_a_forged_cookie_of_ours_is_only_a_value(strangler: Strangler, store: str) -> None:
    strangler("purge", "--identity", f"{TOKEN}.{'0' * 32}", "--yes")
    assert kept(store) == ALL


def test_json_tells_the_same_as_the_text(strangler: Strangler, store: str) -> None:
    result = strangler(
        "purge", "--identity", "anna", "--route", "order-read", "--before", "30m", "--dry-run", "--format", "json"
    )
    document = json.loads(result.stdout)
    assert document.pop("selected").pop("before").endswith("Z")
    assert document == {
        "dry_run": True,
        "pairs": 2,
        "contents": 2,
        "bytes": 2212,
        "examples": 0,
        "sums": 0,
        "counts_anew": False,
        "not_searched": {
            "recorded_before_identities": 0,
            "until": None,
            "under_another_key": 0,
            "without_identity": 0,
        },
        "gone_from_disk": None,
    }
    assert kept(store) == ALL


def test_a_pair_goes_by_its_id_its_beginning_or_the_requests_id(strangler: Strangler, store: str) -> None:
    result = strangler("purge", "--pair", PAIR[:6], "--yes")
    assert result.stdout.splitlines()[:3] == [
        "Removed 1 pair (1 with requests and answers), 1,106 bytes.",
        "1 signature lost its example.",
        "Counts stay, so no verdict changes.",
    ]
    assert "(no example is kept)" in strangler("diffs").stdout
    assert "strangler show" not in strangler("diffs").stdout
    result = strangler("purge", "--pair", "2f", "--yes")
    assert result.exit_code == Exit.FINDINGS
    assert f"more than one pair begins with '2f'; give the whole id: {ANNAS[0]}, " in result.stderr
    strangler("purge", "--pair", "request of anna", "--yes")
    assert kept(store) == [OWN]


def test_old_times_go(strangler: Strangler, store: str) -> None:
    assert strangler("purge", "--before", "30m", "--yes").exit_code == Exit.FINE
    assert kept(store) == [PAIR, OWN]


def test_a_whole_route_goes_and_the_report_says_why_it_counts_anew(strangler: Strangler, store: str) -> None:
    result = strangler("purge", "--route", "order-read", "--yes")
    lines = result.stdout.splitlines()
    assert lines[0].startswith("Removed 4 pairs (4 with requests and answers), 4,424 bytes, and ")
    assert lines[0].endswith(" rows of counts, signatures, places and shapes.")
    assert lines[1:] == ["So the evidence of order-read counts anew.", GONE]
    assert kept(store) == []
    report = strangler("report").stdout
    assert ": what was recorded before was purged" in report
    compared = {
        route["route"]: route["compared"]
        for route in json.loads(strangler("report", "--format", "json").stdout)["routes"]
    }
    assert compared == {"order-read": 0, "search": 452, "forms": 0}


def test_pairs_that_cannot_be_searched_are_told_and_how_they_go(
    strangler: Strangler, store: str, tmp_path: Path
) -> None:
    with sqlite3.connect(tmp_path / "strangler.db") as connection:
        connection.execute("UPDATE pair SET identity = NULL WHERE id = ?", (ANNAS[0],))
    connection.close()
    (tmp_path / "other.key").write_bytes(b"o" * 64)
    result = strangler("purge", "--identity", "anna", "--secret", "other.key", "--yes")
    lines = result.stdout.splitlines()
    assert lines[0] == "Nothing was kept of it."
    assert lines[1].startswith("Not searched: 1 pair recorded by an older strangler, ")
    assert lines[2].startswith("Not searched: 2 pairs recorded under another key; --secret names it")
    before = lines[1].partition("--before ")[2].partition(" ")[0]
    strangler("purge", "--before", before, "--yes")
    assert kept(store) == [PAIR, ANNAS[1], OWN]


def test_nothing_is_removed_where_nobody_can_be_asked(strangler: Strangler, store: str) -> None:
    result = strangler("purge", "--identity", "anna")
    assert result.exit_code == Exit.USAGE
    assert "--yes removes without asking, --dry-run tells" in result.stderr
    assert kept(store) == ALL


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], Exit.USAGE, "say what to remove"),
        (["--identity", ""], Exit.USAGE, "an empty value"),
        (["--pair", ""], Exit.USAGE, "an empty value"),
        (["--route", ""], Exit.USAGE, "an empty value"),
        (["--route", "serch"], Exit.USAGE, "did you mean 'search'?"),
        (["--before", "2999-01-01"], Exit.USAGE, "in the future"),
        (["--identity", "anna", "--secret", "none.key"], Exit.FINDINGS, "cannot read the key none.key"),
        (["--route", "search", "--store", "sqlite:///none.db"], Exit.UNDECIDED, "nothing has been recorded yet"),
    ],
)
def test_mistakes_are_told_and_remove_nothing(
    strangler: Strangler, store: str, words: list[str], code: Exit, said: str
) -> None:
    result = strangler("purge", "--yes", *words)
    assert result.exit_code == code
    assert said in result.stderr
    assert kept(store) == ALL
    assert not Path("none.db").exists()


def test_bytes_that_may_be_left_are_a_finding_that_says_what_to_do(
    strangler: Strangler, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shadow.store.purge.LOG_SECONDS", 0.0)
    with open_for_reading(open_store(store).path) as reader:
        assert reader.execute("SELECT count(*) FROM pair").fetchone() == (4,)
        result = strangler("purge", "--identity", "anna", "--yes")
    assert result.exit_code == Exit.FINDINGS
    assert GONE not in result.stdout
    assert "bytes of it may still stand in strangler.db or its -wal file: somebody has been reading" in result.stderr
    assert "Run the same command again" in result.stderr


def test_somebody_who_stops_it_is_told_that_it_is_not_done(
    strangler: Strangler, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(_connection: object, _ids: object, _hands: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("shadow.store.purge._remove_pairs", stop)
    result = strangler("purge", "--identity", "anna", "--yes")
    assert result.exit_code == Exit.FINDINGS
    assert "Not all is removed, and bytes of what is may still be on disk" in result.stderr
    assert kept(store) == ALL


def answered(store: str, answer: bytes, *words: str) -> tuple[int, str]:
    """The exit code of a purge on a terminal where somebody types ``answer``, and what the terminal showed."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "console", "purge", "--store", store, *words],
        stdin=theirs, stdout=theirs, stderr=theirs, cwd=open_store(store).path.parent,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "TERM": "dumb"},
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    try:
        while piece := read_some(ours):
            shown += piece
            if b"[y/N]" in shown and answer:
                os.write(ours, answer)
                answer = b""
        return process.wait(30), shown.decode()
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def read_some(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:  # the other end is closed
        return b""


def test_on_a_terminal_it_says_in_words_what_would_go_and_asks(store: str) -> None:
    code, shown = answered(store, b"n\n", "--identity", "anna")
    assert code == Exit.FINDINGS
    assert "Would remove 2 pairs" in shown
    assert "Remove it? It cannot be brought back. [y/N]" in shown
    assert "Nothing was removed." in shown
    assert kept(store) == ALL
    code, shown = answered(store, b"y\n", "--identity", "anna")
    assert code == Exit.FINE
    assert "Removed 2 pairs" in shown
    assert kept(store) == [PAIR, OWN]


def test_on_a_terminal_nobody_is_asked_about_nothing(store: str) -> None:
    code, shown = answered(store, b"", "--identity", "carl")
    assert code == Exit.FINE
    assert "[y/N]" not in shown
    assert GONE in " ".join(shown.split())


def test_stores_that_were_set_aside_are_named_since_they_may_hold_it_too(
    strangler: Strangler, store: str, tmp_path: Path
) -> None:
    (tmp_path / "strangler.db.broken-20261118T110640Z").touch()
    (tmp_path / "strangler.db.broken-20261118T110640Z-wal").touch()
    result = strangler("purge", "--identity", "anna", "--dry-run")
    assert result.exit_code == Exit.FINE
    assert "Not searched: 1 damaged store set aside earlier" in result.stderr
    result = strangler("purge", "--identity", "anna", "--yes")
    assert result.exit_code == Exit.FINDINGS
    assert result.stderr.count(".broken-") == 1
    assert kept(store) == [PAIR, OWN]
