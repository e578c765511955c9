from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from console.pair import pair_document
from console.pair_text import pair_text, repeat_text
from shadow.model import Difference, Kind, Outcome
from shadow.store import StoredPair
from shadow.store.records import StoredAnswer, StoredBody
from tests.console.scene import PAIR, kept_pair

BASE = "http://127.0.0.1:8080"


def text_of(pair: StoredPair, width: int = 80) -> str:
    paper = io.StringIO()
    out = Console(file=paper, width=width, highlight=False, markup=False, emoji=False)
    out.print(pair_text(pair_document(pair, BASE)))
    return paper.getvalue()


def test_a_pair_becomes_json() -> None:
    document = pair_document(kept_pair(), BASE)
    assert json.loads(json.dumps(document)) == document
    assert document["id"] == PAIR
    assert document["outcome"] == "mismatch"
    assert document["differences"][0]["path"] == "$.total"
    assert document["waived"][0]["waiver"] == "$.served_at"
    assert document["control"]["headers"][0] == ["Content-Type", "application/json"]
    assert document["curl"].startswith("curl -i --path-as-is -X POST ")


def test_both_answers_stand_side_by_side_with_what_differs_marked() -> None:
    lines = text_of(kept_pair()).splitlines()
    total = next(line for line in lines if '"total": 12.50,' in line)
    assert " | " in total
    assert '"total": "12.50",' in total
    same = next(line for line in lines if '"id": 7,' in line)
    assert " | " not in same
    assert any("equal lines" in line for line in lines)


def test_a_header_that_does_not_count_has_a_dot_and_the_dot_is_explained() -> None:
    sides = [StoredAnswer(200, (("Date", at), ("Vary", at)), StoredBody(), 0.1, 0.1) for at in ("1", "2")]
    found = (Difference("header:vary", Kind.VALUES_CHANGED, "1", "2"),)
    shown = text_of(kept_pair(control=sides[0], candidate=sides[1], differences=found))
    lines = shown.splitlines()
    assert " . " in next(line for line in lines if "date: 1" in line)
    assert " | " in next(line for line in lines if "vary: 1" in line)
    assert "A dot: it differs, and that does not count" in shown


@pytest.mark.parametrize("width", [80, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert max(map(len, text_of(kept_pair(), width).splitlines())) <= width


def test_what_a_backend_answered_cannot_command_the_terminal() -> None:
    text = text_of(kept_pair()) + repeat_text(pair_document(kept_pair(), BASE))
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_what_a_client_called_its_request_cannot_command_the_terminal() -> None:
    shown = text_of(replace(kept_pair(), request_id="a\u202e\x9b\x1b[31m"))
    assert r"request id a\u202e\x9b\x1b[31m" in shown


def test_a_pair_whose_messages_are_gone_still_tells_what_was_found() -> None:
    gone = kept_pair(request=None, control=None, candidate=None)
    assert pair_document(gone, BASE)["curl"] is None
    assert "$.total  type_changes" in text_of(gone)
    assert "not kept any longer" in text_of(gone)


def test_a_candidate_that_gave_no_answer_is_told() -> None:
    failed = kept_pair(outcome=Outcome.CANDIDATE_ERROR, candidate=None, differences=(), error="connection refused")
    assert "candidate error" in text_of(failed)
    assert "connection refused" in text_of(failed)


def test_the_curl_line_is_one_line_and_names_what_was_redacted() -> None:
    lines = repeat_text(pair_document(kept_pair(), BASE)).splitlines()
    assert sum(line.startswith("curl ") for line in lines) == 1
    assert lines[-1] == "Redacted, put your own values there: Cookie"
