from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from console.counted import Counted
from console.report import report_document
from console.status import status_document
from console.web.caller import LOCAL
from console.web.pages.overview import overview_document
from console.web.templates import render
from shadow.store import open_store
from tests.console.scene import HOSTILE, PAIR, fill_store, table
from tests.console.test_status import process, told
from tests.console.web.reader import Reader

NOW = 1_795_000_000.0


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path: Path = tmp_path_factory.mktemp("store") / "strangler.db"
    return report_document(open_store(fill_store(path, now=NOW)).summaries(), now=NOW)


def page_of(report: dict[str, Any] | None = None, trouble: str | None = None, **changes: Any) -> Reader:
    status = status_document(told(**changes), table(), Counted([], ()))
    return Reader(rendered(overview_document(status, table(), report, trouble)))


def rendered(document: dict[str, Any]) -> str:
    return render("overview.html", {**document, "about": {"caller": LOCAL, "path": "/", "query": {}}})


def test_every_route_is_there_with_stage_weights_and_verdict(report: dict[str, Any]) -> None:
    text = page_of(report).text
    for expected in (
        "order-read",
        "canary",
        "orders 20, legacy 80 (group ordering)",
        "blocked",
        "100 of 400 (25 %)",
        "forms",
    ):
        assert expected in text


def test_reasons_and_signatures_lead_to_a_pair(report: dict[str, Any]) -> None:
    page = page_of(report)
    assert "compared pairs were wrong" in page.text
    assert ("a", [("href", f"/pairs/{PAIR}")]) in page.tags


def test_what_a_backend_answered_is_only_text(report: dict[str, Any]) -> None:
    page = page_of(report)
    assert all(
        dict(attributes).get("src", "").startswith("/static/") for name, attributes in page.tags if name == "script"
    )
    assert "<script>alert(1)</script>\\x1b[31m" in page.text
    assert "\u202e" not in page.text


def test_nothing_runs_in_the_page_itself_and_nothing_comes_from_elsewhere(report: dict[str, Any]) -> None:
    for _, attributes in page_of(report).tags:
        for name, value in attributes:
            assert not name.startswith("on")
            assert name != "style"
            assert name not in {"src", "href", "action"} or re.match(r"[/?#](?!/)", value or "")


def test_without_evidence_the_table_is_shown_and_the_trouble_told() -> None:
    text = page_of(trouble="no evidence to show: the disk is gone").text
    assert "the disk is gone" in text
    assert "no evidence yet" in text
    assert "order-read" in text


def test_mistakes_in_the_table_keep_their_lines_and_stay_text() -> None:
    bad = told()["table"] | {"error": f"routes.yaml:3:1: error: {HOSTILE}\n  3 | x\n    | ^"}
    page = page_of(table=bad)
    assert "  3 | x\n    | ^\n" in page.text
    assert all(
        dict(attributes).get("src", "").startswith("/static/") for name, attributes in page.tags if name == "script"
    )


def test_what_users_may_notice_is_told_apart_from_the_rest() -> None:
    rows = [("proxy-0-7", "strangler_breaker_state", {"backend": "orders", "state": "open"}, 1)]
    bad = told(table=told()["table"] | {"error": "routes.yaml:3:1: error: no"})
    document = overview_document(status_document(bad, table(), Counted(rows, {7})), table(), None, None)
    classes = [
        dict(found)["class"] for _, found in Reader(rendered(document)).tags if "notice" in dict(found).get("class", "")
    ]
    assert classes == ["notice urgent", "notice"]


def test_a_process_that_is_down_is_seen() -> None:
    page = page_of(processes=[process("proxy"), process("shadow", pid=None, ready=False)])
    assert "shadow/0 not ready" in page.text


def test_a_transparent_instance_says_that_nothing_is_compared() -> None:
    status = status_document(told(), None, Counted([], ()))
    assert "everything goes to legacy" in Reader(rendered(overview_document(status, None, None, None))).text
