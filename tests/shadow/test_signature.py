"""Signatures: one thing to fix, accept or ignore."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shadow.model import Kind
from shadow.signature import signature_id, signatures_of
from tests.shadow.answers import compared, json_answer


def test_the_id_is_the_same_for_ever() -> None:
    assert signature_id("orders", "$.items[].price", Kind.TYPE_CHANGES) == "7c6747f1e326"
    assert signature_id("orders", "$.items[].price", "type_changes") == "7c6747f1e326"


@given(st.tuples(st.text(), st.text(), st.text()), st.tuples(st.text(), st.text(), st.text()))
def test_other_parts_make_another_id(left: tuple[str, str, str], right: tuple[str, str, str]) -> None:
    assert (signature_id(*left) == signature_id(*right)) == (left == right)


def test_a_place_that_differs_in_many_items_is_one_signature() -> None:
    left = {"items": [{"price": n, "name": "x"} for n in range(3)], "total": 1}
    right = {"items": [{"price": str(n), "name": "x"} for n in range(3)], "total": 2}
    signatures = signatures_of("orders", compared(json_answer(left), json_answer(right)))
    assert [(s.path, s.kind, s.places, s.example.path) for s in signatures] == [
        ("$.items[].price", Kind.TYPE_CHANGES, 3, "$.items[0].price"),
        ("$.total", Kind.VALUES_CHANGED, 1, "$.total"),
    ]
    assert signatures[0].id == signature_id("orders", "$.items[].price", "type_changes")
