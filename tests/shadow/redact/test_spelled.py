"""However characters are written, what they read is found, and found again in the text."""

from __future__ import annotations

import html
import json
import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.model.redact import RedactRules
from shadow.redact.hide import Hide
from shadow.redact.patterns import redact_text
from shadow.redact.spelled import readings
from tests.machine import patience

MAIL = Hide(lambda secret: f"<{secret}>", RedactRules(patterns=(r"[a-z]+@[a-z.]+",)))


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("to a@b.de!", "to <a@b.de>!"),
        ("to a&#64;b.de!", "to <a@b.de>!"),
        ("to a&#x40;b.de!", "to <a@b.de>!"),
        ("to a&#64b.de!", "to <a@b.de>!"),
        ("to a&commat;b.de!", "to <a@b.de>!"),
        ("to &#97;&#64;&#98;.de!", "to <a@b.de>!"),
        ("to a&amp;#64;b.de!", "to <a@b.de>!"),
        (r"to a\u0040b.de!", "to <a@b.de>!"),
        (r"to a\x40b.de!", "to <a@b.de>!"),
        ("to a%40b.de!", "to <a@b.de>!"),
        ("to a%2540b.de!", "to <a@b.de>!"),
        ("50 % &c. &copy=1 a\\b", "50 % &c. &copy=1 a\\b"),
    ],
)
def test_what_is_hidden_is_hidden_however_it_is_spelled(text: str, redacted: str) -> None:
    assert redact_text(text, MAIL) == redacted


def test_what_is_always_hidden_is_so_too() -> None:
    gone = Hide(lambda _: "-")
    assert "hunter2" not in redact_text("password&#61;hunter2&#33; and", gone)
    assert "4111" not in redact_text("paid with &#52;111111111111111 today", gone)
    assert "hunter2" not in redact_text("<input name='pass&#119;ord' value='hunter2'>", gone)


@given(
    st.text(alphabet="aé@&;#\\%\"'<", max_size=12),
    st.text(alphabet="b@ü", min_size=1, max_size=5),
    st.text(max_size=12),
)
def test_a_place_in_the_reading_is_found_in_the_text(before: str, secret: str, after: str) -> None:
    spellings = (
        "".join(f"&#{ord(char)};" for char in secret),
        quote(secret, safe=""),
        json.dumps(secret)[1:-1],
        html.escape(secret),
    )
    for spelled in spellings:
        text = f"{before}|{spelled}|{after}"
        for reading in readings(text):
            at = reading.text.find(f"|{secret}|")
            if at >= 0:
                start, end = reading.span(at + 1, at + 1 + len(secret))
                assert text[start:end] in text
                assert any(one.text == secret for one in readings(text[start:end])) or text[start:end] == secret


@given(st.text(alphabet="a&#64;x\\u0%"))
def test_no_text_makes_it_fail(text: str) -> None:
    for reading in readings(text):
        for start in range(len(reading.text)):
            low, high = reading.span(start, start + 1)
            assert 0 <= low < high <= len(text)


@pytest.mark.parametrize(
    "text", ["&#64;" * 20_000, "%40" * 30_000, "a%25" * 20_000, r"\u0040" * 15_000, "&amp;" * 20_000, "&" * 90_000]
)
def test_no_text_takes_long(text: str) -> None:
    most = patience(2.0)
    before = time.process_time()
    redact_text(text, MAIL)
    assert time.process_time() - before < most
