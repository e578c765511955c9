"""The outcome of a pair."""

from __future__ import annotations

from typing import Any

import pytest

from shadow.classify import Classified, classify, needs_recheck
from shadow.model import Answer, Outcome
from tests.shadow.answers import NO_RULES, TODAY, compared, found, json_answer, json_text, rules


def judged(control: Answer, candidate: Answer, again: Answer | None = None, *ignore: str) -> Classified:
    return classify(control, candidate, again, rules(*ignore), today=TODAY)


def documents(control: Any, candidate: Any, again: Any) -> Classified:
    return judged(json_answer(control), json_answer(candidate), json_answer(again))


def test_equal_answers_match() -> None:
    assert judged(json_answer({"a": 1}), json_answer({"a": 1})).outcome is Outcome.MATCH


def test_only_waived_differences_are_waived() -> None:
    result = judged(json_answer({"a": 1}), json_answer({"a": 2}), None, "$.a")
    assert result.outcome is Outcome.WAIVED
    assert len(result.comparison.waived) == 1


def test_waived_and_other_differences_are_a_mismatch() -> None:
    result = judged(json_answer({"a": 1, "b": 1}), json_answer({"a": 2, "b": 2}), None, "$.a")
    assert (result.outcome, found(result.comparison)) == (Outcome.MISMATCH, [("$.b", "values_changed")])


def test_without_a_second_look_a_difference_is_a_mismatch() -> None:
    assert judged(json_answer(1), json_answer(2)).outcome is Outcome.MISMATCH


def test_a_control_that_agrees_with_itself_confirms_the_mismatch() -> None:
    result = documents({"a": 1}, {"a": 2}, {"a": 1})
    assert (result.outcome, result.noisy_places) == (Outcome.MISMATCH, ())


def test_a_control_that_now_agrees_with_the_candidate_was_stale() -> None:
    result = documents({"stock": 5}, {"stock": 4}, {"stock": 4})
    assert (result.outcome, result.comparison.differences) == (Outcome.STALE, ())


def test_a_control_that_disagrees_with_itself_there_is_noise() -> None:
    result = documents({"uuid": "a", "n": 1}, {"uuid": "b", "n": 1}, {"uuid": "c", "n": 1})
    assert (result.outcome, result.noisy_places, result.comparison.differences) == (Outcome.NOISE, ("$.uuid",), ())


def test_noise_does_not_hide_the_rest() -> None:
    result = documents({"uuid": "a", "n": 1}, {"uuid": "b", "n": "1"}, {"uuid": "c", "n": 1})
    assert result.outcome is Outcome.MISMATCH
    assert found(result.comparison) == [("$.n", "type_changes")]
    assert result.noisy_places == ("$.uuid",)


def test_noise_in_one_item_explains_the_same_place_of_other_items() -> None:
    result = documents({"x": [{"t": 1}, {"t": 1}]}, {"x": [{"t": 2}, {"t": 3}]}, {"x": [{"t": 4}, {"t": 1}]})
    assert result.outcome is Outcome.NOISE


@pytest.mark.parametrize(
    ("control", "candidate", "again", "outcome"),
    [
        ("a", 7, "b", Outcome.MISMATCH),
        ("a", None, "b", Outcome.MISMATCH),
        ("a", None, None, Outcome.STALE),
        (1, 1.5, 2, Outcome.MISMATCH),
        (1, 3, 2, Outcome.NOISE),
        (None, "b", "a", Outcome.NOISE),
        ("a", ["b"], {"b": 1}, Outcome.MISMATCH),
        ({"v": 1}, {"v": 2}, None, Outcome.NOISE),
        ([1], [1, 2, 3], [1, 2], Outcome.NOISE),
        ([1, 2], [], [2, 1], Outcome.MISMATCH),
    ],
)
def test_noise_explains_no_value_of_a_type_that_the_control_never_shows(
    control: Any, candidate: Any, again: Any, outcome: Outcome
) -> None:
    assert documents({"x": control}, {"x": candidate}, {"x": again}).outcome is outcome


@pytest.mark.parametrize(
    ("control", "candidate", "again", "outcome"),
    [
        ("abcdef", "fedcba", "badcfe", Outcome.NOISE),  # never in order
        ("abcdef", "fedcbX", "badcfe", Outcome.MISMATCH),  # not in order, and another item
        ("abcdef", "fedcb", "badcfe", Outcome.MISMATCH),  # not in order, and an item less
        ("abcdef", "bacdef", "abcdef", Outcome.MISMATCH),  # the control has an order
        ("abcdef", "bcdefg", "uvwxyz", Outcome.NOISE),  # another window of a list that always changes
        ("abcdef", "bcdefgh", "abcdxf", Outcome.MISMATCH),  # an item more than ever
        ("abcdef", "bcdef", "uvwxyz", Outcome.MISMATCH),  # shorter than any
        ("abcdef", "bcdef", "abcde", Outcome.NOISE),  # as short as another
        ("abcdef", "aacdef", "ghijkl", Outcome.NOISE),
    ],
)
def test_noise_in_a_list(control: str, candidate: str, again: str, outcome: Outcome) -> None:
    assert documents([*control], [*candidate], [*again]).outcome is outcome
    items = [[{"id": letter} for letter in letters] for letters in (control, candidate, again)]
    if outcome is Outcome.MISMATCH:
        assert documents(*items).outcome is outcome


def test_a_missing_member_is_not_explained_by_a_random_value() -> None:
    assert documents({"id": "a", "b": 1}, {"b": 1}, {"id": "c", "b": 1}).outcome is Outcome.MISMATCH


@pytest.mark.parametrize(
    ("control", "candidate", "again", "outcome"),
    [
        (500, 500, None, Outcome.MATCH),
        (500, 200, None, Outcome.CONTROL_ERROR),
        (500, 200, 200, Outcome.CONTROL_ERROR),
        (500, 503, None, Outcome.CONTROL_ERROR),
        (200, 500, None, Outcome.CANDIDATE_ERROR),
        (200, 500, 200, Outcome.CANDIDATE_ERROR),
        (200, 500, 500, Outcome.STALE),
        (200, 502, 503, Outcome.NOISE),
        (200, 500, 404, Outcome.CANDIDATE_ERROR),
        (200, 404, 200, Outcome.MISMATCH),
        (404, 500, 404, Outcome.CANDIDATE_ERROR),
    ],
)
def test_server_errors(control: int, candidate: int, again: int | None, outcome: Outcome) -> None:
    second = None if again is None else json_answer({}, again)
    assert judged(json_answer({}, control), json_answer({}, candidate), second).outcome is outcome


def test_a_waived_status_makes_no_error() -> None:
    assert judged(json_answer({}, 200), json_answer({}, 500), None, "status").outcome is Outcome.WAIVED


def test_what_cannot_be_compared_has_no_outcome() -> None:
    result = judged(json_text("[" * 5000), json_text("[" * 5001))
    assert result.outcome is None
    assert "deep" in (result.comparison.undecodable or "")


def test_a_difference_counts_though_the_bodies_cannot_be_compared() -> None:
    result = judged(json_text("[" * 5000, Location="/a"), json_text("[" * 5001, Location="/b"))
    assert result.outcome is Outcome.MISMATCH


def test_a_second_answer_that_cannot_be_compared_explains_nothing() -> None:
    assert judged(json_answer(1), json_answer(2), json_text("[" * 5000)).outcome is Outcome.MISMATCH


def test_only_a_difference_is_worth_a_second_look() -> None:
    assert needs_recheck(compared(json_answer(1), json_answer(2)))
    assert not needs_recheck(compared(json_answer(1), json_answer(1)))
    assert not needs_recheck(compared(json_answer(1), json_answer(2), rules("$")))
    assert not needs_recheck(compared(json_text("[" * 5000), json_text("[" * 5001), NO_RULES))


@pytest.mark.parametrize("again", [{"a": 1, "b": 1}, {"a": 2, "b": 2}, {"a": 3, "b": 1}])
@pytest.mark.parametrize("ignore", [(), ("$.a",), ("$.a", "$.b")])
def test_what_was_compared_before_need_not_be_compared_again(again: Any, ignore: tuple[str, ...]) -> None:
    sides = json_answer({"a": 1, "b": 1}), json_answer({"a": 2, "b": 2})
    second = json_answer(again)
    before = judged(*sides, None, *ignore).compared
    assert classify(*sides, second, rules(*ignore), today=TODAY, compared=before) == judged(*sides, second, *ignore)
