"""What stays of a pair of which only the structure is kept."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow.again.stored import Incomplete, answer_of, copy_of_stored
from shadow.model import Difference, Kind
from shadow.store.records import StoredAnswer, StoredBody, StoredRequest
from shadow.structure import NOTE, structure_of, structure_of_difference
from tests.shadow.store.results import pair

CANARY = "cAn4ryXq9z"
JSON = (("Content-Type", "application/json"),)


def answer(text: str, headers: tuple[tuple[str, str], ...] = JSON) -> StoredAnswer:
    return StoredAnswer(200, headers, StoredBody(text, len(text)), 0.1, 0.2)


def test_names_types_and_lengths_stay() -> None:
    text = json.dumps({"name": CANARY, "n": 12.5, "on": True, "none": None, "list": [CANARY, {"deep": 1}]})
    request = StoredRequest("POST", f"/a/{CANARY}?q={CANARY}&{CANARY}", (("X-A", CANARY),), StoredBody(text, len(text)))
    form = answer(f"user={CANARY}&n=1", (("Content-Type", "application/x-www-form-urlencoded"),))
    kept = structure_of(
        pair(
            request_id=CANARY,
            target=f"/a/{CANARY}",
            request=request,
            control=form,
            candidate=answer(f"<p>{CANARY}</p>"),
            again=answer('{"cut": "' + CANARY),
            error=f"it said {CANARY}",
            differences=(Difference("$.name", Kind.VALUES_CHANGED, f'"{CANARY}"', f"at 3: {CANARY}"),),
            waived=((Difference("$.n", Kind.VALUES_CHANGED, f"[1, {json.dumps(CANARY)}]", None), "$.n"),),
        )
    )
    assert CANARY not in repr(kept)
    assert kept.request is not None
    assert kept.request.target == "/(text, 1)/(text, 10)?q=(text, 10)&(text, 10)"
    assert kept.request.headers == (("X-A", "(text, 10)"),)
    assert json.loads(kept.request.body.text) == {
        "name": "(text, 10)", "n": "(number)", "on": "(boolean)", "none": None, "list": ["(text, 10)", {"deep": "(number)"}]
    }  # fmt: skip
    assert kept.control is not None
    assert kept.control.body == StoredBody("user=(text, 10)&n=(text, 1)", len(form.body.text), NOTE)
    assert kept.candidate is not None
    assert kept.candidate.body.text == "(text, 17)"
    assert kept.differences == (Difference("$.name", Kind.VALUES_CHANGED, '"(text, 10)"', "(text, 16)"),)


@given(st.recursive(st.sampled_from([CANARY, 4217, 42.17]), lambda v: st.lists(v) | st.dictionaries(st.just("a"), v)))
def test_no_value_of_json_stays(value: object) -> None:
    text = json.dumps(value)
    shown = structure_of_difference(Difference("$", Kind.VALUES_CHANGED, text, None)).control or ""
    assert CANARY not in shown
    assert "42" not in shown


def test_what_has_no_values_is_neither_judged_nor_sent_again() -> None:
    kept = structure_of(pair(request=StoredRequest("GET", "/", (), StoredBody()), control=answer("")))
    with pytest.raises(Incomplete, match=NOTE):
        answer_of(kept.control)
    with pytest.raises(Incomplete, match=NOTE):
        copy_of_stored(kept.request)
