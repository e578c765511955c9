"""Bytes to text, whatever the label says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow.compare.charset import read_text
from tests.shadow.answers import answer, compared, found, json_text


@given(st.binary(max_size=60), st.none() | st.text(max_size=12), st.booleans())
def test_no_bytes_and_no_label_make_it_fail(body: bytes, label: str | None, json_body: bool) -> None:
    read_text(body, label, json_body=json_body)


@pytest.mark.parametrize(
    "label", ["zip", "idna", "punycode", "unicode_escape", "rot13", "utf-7", "no-such", "x\0y", "u" * 10_000]
)
def test_codecs_that_are_no_charsets_are_not_followed(label: str) -> None:
    assert read_text("é".encode(), label).text == "é"


@pytest.mark.promise("B126")
@pytest.mark.parametrize(
    ("body", "label", "text"),
    [("é".encode("latin-1"), "ISO-8859-1", "é"), ("é".encode(), None, "é"), ("é".encode("cp1252"), "Windows-1252", "é"),
     (b"\xe9", None, "é"), (b"\xe9", "utf-8", "é"), ("é".encode("utf-16"), None, "é"), (b"\xed\xa0\x80", None, "\ud800")],
)  # fmt: skip
def test_text_is_what_its_label_says_else_utf8_else_latin1(body: bytes, label: str | None, text: str) -> None:
    assert read_text(body, label).text == text


def test_json_is_utf8_whatever_its_label_says() -> None:
    assert read_text("é".encode(), "iso-8859-1", json_body=True).text == "é"
    assert read_text(b"\xe9", "iso-8859-1", json_body=True).text == "é"


TEXT = '["é"]'


@pytest.mark.parametrize(
    "candidate",
    [
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("utf-32"),
        TEXT.encode("latin-1"),
    ],
)
def test_another_charset_is_a_difference_of_its_own(candidate: bytes) -> None:
    assert found(compared(json_text(TEXT), json_text(candidate))) == [("body:charset", "values_changed")]


def test_two_labelled_charsets_are_the_labels_difference() -> None:
    left = answer("é".encode(), content_type="text/plain; charset=utf-8")
    right = answer("é".encode("latin-1"), content_type="text/plain; charset=iso-8859-1")
    assert found(compared(left, right)) == [("header:content-type", "values_changed")]


def test_both_sides_broken_alike_can_still_be_compared() -> None:
    assert found(compared(json_text(b'{"a":"\xe9","b":1}'), json_text(b'{"a":"\xe9","b":2}'))) == [
        ("$.b", "values_changed")
    ]
