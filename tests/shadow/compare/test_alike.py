"""When a second answer says nothing that the first has not said."""

from __future__ import annotations

import pytest

from shadow.compare import alike
from shadow.model import Answer
from tests.shadow.answers import NO_RULES, TODAY, answer, json_answer, rules


def test_what_is_new_in_every_answer_makes_no_difference() -> None:
    one, other = (json_answer({"a": 1}, Date=date, X_Request_Id=date) for date in ("today", "tomorrow"))
    assert alike(one, other, NO_RULES, TODAY)


@pytest.mark.parametrize(
    "other",
    [
        json_answer({"a": 2}, Date="today"),
        json_answer({"a": 1}, 201, Date="today"),
        json_answer({"a": 1}, Date="today", X_Seen="1"),
        json_answer({"a": 1}, Date="today", Content_Encoding="gzip"),
        answer(b'{"a": 1}', 200, "text/json", {"Date": "today"}),
    ],
)
def test_whatever_may_be_compared_does(other: Answer) -> None:
    assert not alike(json_answer({"a": 1}, Date="today"), other, NO_RULES, TODAY)


def test_so_does_what_is_new_in_every_answer_where_a_route_names_it() -> None:
    one, other = (json_answer({"a": 1}, Server=server) for server in ("a", "b"))
    assert alike(one, other, NO_RULES, TODAY)
    assert not alike(one, other, rules(headers=("server",)), TODAY)
