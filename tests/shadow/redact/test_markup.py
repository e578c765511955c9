"""Elements, attributes and fields of secret names are hidden; the rest of a page stays as it was written."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow.redact.hide import Hide
from shadow.redact.markup import redact_markup
from tests.machine import patience


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ('<a href="/x" class=token>y</a>', '<a href="/x" class=token>y</a>'),
        ("<input value='s' name=csrf><p>x</p>", "<input value='H' name=csrf><p>x</p>"),
        ("<a><Secret t='u'><b c='v'>s</b>\n s </Secret>x</a>", "<a><Secret t='u'><b c='H'>H</b>\n H </Secret>x</a>"),
        ("<token><token>s</token>s</token>x", "<token><token>H</token>H</token>x"),
        ("<token/>x<password></password>y", "<token/>x<password></password>y"),
        ("<i id=session>s<b>x</b></i>", "<i id=session>H<b>x</b></i>"),
        ("<form name=token>x</form>", "<form name=token>x</form>"),
        ("<s:pin><![CDATA[s]]></s:pin><!-- x -->", "<s:pin><![CDATA[H]]></s:pin><!-- x -->"),
        ("<input type=password value='s", "<input type=password value='s"),
        ("a < b, <3, < token>x", "a < b, <3, < token>x"),
    ],
)
def test_markup(text: str, redacted: str) -> None:
    assert redact_markup(text, Hide(lambda _: "H")) == redacted


@given(st.text("<>/='\" a!-[]CDATA", max_size=60))
def test_what_holds_no_secret_stays_as_it_was(text: str) -> None:
    assert redact_markup(text, Hide(lambda _: "H")) == text


@pytest.mark.parametrize(
    "piece", ["<a ", '<a "', '<a"b" ', "<a b=", "<![CDATA[", "<!--", "<pin>", "<a '\"", "=", "<a b='"]
)
def test_no_text_takes_long(piece: str) -> None:
    most = patience(2.0)
    before = time.process_time()
    redact_markup(piece * (70_000 // len(piece)), Hide(lambda _: "H"))
    assert time.process_time() - before < most
