"""Two whole answers: status, headers, the right body type."""

from __future__ import annotations

import gc

import pytest

from tests.shadow.answers import answer, compared, found, json_answer, json_text, rules


def test_equal_answers_have_no_difference() -> None:
    assert found(compared(json_answer({"a": 1}), json_answer({"a": 1}))) == []


def test_another_status_class_is_the_only_difference_told() -> None:
    assert found(compared(json_answer({"a": 1}, 200), json_answer({"error": "x"}, 500))) == [
        ("status", "values_changed")
    ]


def test_another_status_of_the_same_class_is_one_of_the_differences() -> None:
    assert found(compared(json_answer({"a": 1}, 200), json_answer({"a": 2}, 201))) == [
        ("$.a", "values_changed"),
        ("status", "values_changed"),
    ]


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/problem+json; charset=utf-8", "text/json", "text/html", None]
)
def test_json_is_known_by_its_label_or_by_its_look(content_type: str | None) -> None:
    left, right = (answer(body, content_type=content_type) for body in (b'{"a":1}', b' {"a": 2}'))
    assert found(compared(left, right)) == [("$.a", "values_changed")]


def test_json_under_another_label_differs_in_the_label_only() -> None:
    left, right = answer(b'{"a":1}', content_type="text/html"), json_text('{ "a":1}')
    assert found(compared(left, right)) == [("header:content-type", "values_changed")]


@pytest.mark.parametrize("candidate", [b"", b"<html>", b'{"a":', b"\xff\xfe\xfd"])
def test_what_is_no_json_though_it_should_be_is_a_difference(candidate: bytes) -> None:
    comparison = compared(json_text('{"a":1}'), json_text(candidate))
    assert [path for path, _ in found(comparison)] == ["body"]
    assert comparison.differences[0].control == '{"a": 1}'


def test_two_bodies_that_are_no_json_are_compared_as_text() -> None:
    assert found(compared(json_text("<b>"), json_text("<i>"))) == [("body", "values_changed")]


def test_text_that_only_looks_like_json_is_compared_as_text() -> None:
    left, right = (answer(body, content_type="text/plain") for body in (b"[1] first", b"[2] first"))
    assert found(compared(left, right)) == [("body", "values_changed")]


def test_a_long_line_is_shown_from_shortly_before_the_difference() -> None:
    same = "lorem ipsum " * 100
    left, right = (answer((same + end).encode(), content_type="text/plain") for end in ("<b>one</b>", "<i>two</i>"))
    (difference,) = compared(left, right).differences
    assert difference.control == f'line 1 from character 1172: "{same[1171:]}<b>one</b>"'
    assert "<i>two" in (difference.candidate or "")


@pytest.mark.parametrize(
    ("control", "candidate", "shown"),
    [
        ("a\nb\nc\nd", "a\nB\nc\nD", ('lines 2 to 4, after "a": "b\\nc\\nd"', 'lines 2 to 4, after "a": "B\\nc\\nD"')),
        ("a\nb\nc", "a\nc", ('line 2, after "a": "b"', None)),
        ("a\nc", "a\nb\nb\nc", (None, 'lines 2 to 3, after "a": "b\\nb"')),
        ("a\n", "a", ('line 2, after "a": ""', None)),
        ("a\n", "a\r\n", ('line 1: "a"', 'line 1: "a\\r"')),
        ("", "a", ('line 1: ""', 'line 1: "a"')),
        ("x\n" * 500 + "y", "y", ('lines 1 to 500: "x\\nx', None)),
    ],
)  # fmt: skip
def test_text_is_told_by_lines(control: str, candidate: str, shown: tuple[str | None, str | None]) -> None:
    left, right = (answer(body.encode(), content_type="text/plain") for body in (control, candidate))
    (difference,) = compared(left, right).differences
    assert difference.path == "body"
    for told, expected in zip((difference.control, difference.candidate), shown, strict=True):
        assert (told or "").startswith(expected or "")
        assert (told is None) == (expected is None)


@pytest.mark.parametrize("content_type", ["image/png", "application/octet-stream", "application/zip"])
def test_everything_else_is_compared_as_bytes(content_type: str) -> None:
    left, right = (answer(body, content_type=content_type) for body in (b"\x89PNG\0\1", b"\x89PNG\0\2\3"))
    (difference,) = compared(left, right).differences
    assert (difference.path, difference.control) == ("body", '"6 bytes, hash 4caa1860ad377ca6, from byte 5: 01"')
    assert difference.candidate == '"7 bytes, hash c02a9b45e11c7d89, from byte 5: 02 03"'


def test_text_with_nul_is_bytes() -> None:
    left, right = (answer(body, content_type="text/plain") for body in (b"a\0b", b"a\0c"))
    assert '"3 bytes' in (compared(left, right).differences[0].control or "")


def test_an_empty_body_is_not_null() -> None:
    assert found(compared(json_text("null"), json_text(""))) == [("body", "type_changes")]


def test_a_body_of_another_type_can_be_waived_as_a_whole() -> None:
    comparison = compared(
        answer(b"a", content_type="text/plain"), answer(b"b", content_type="text/plain"), rules("body")
    )
    assert comparison.differences == ()
    assert [(difference.path, by) for difference, by in comparison.waived] == [("body", "body")]


def test_the_collector_is_back_on_after_a_comparison() -> None:
    compared(json_answer({"a": 1}), json_answer({"a": 2}))
    assert gc.isenabled()
    gc.disable()
    try:
        compared(json_answer({"a": 1}), json_answer({"a": 2}))
        assert not gc.isenabled()
    finally:
        gc.enable()
