"""A client's certificate as two header fields that nobody can break out of."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.listen.client_certificate import certificate_lines, subject_of


def decoded(*parts: tuple[str, str]) -> dict[str, object]:
    return {"subject": tuple((part,) for part in parts)}


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ((("countryName", "DE"), ("organizationName", "Acme"), ("commonName", "alice")), "CN=alice,O=Acme,C=DE"),
        ((("organizationName", 'Acme, "Inc"'),), 'O=Acme\\, \\"Inc\\"'),
        ((("commonName", " #x "),), "CN=\\ #x\\ "),
        ((("commonName", "#x"),), "CN=\\#x"),
        ((("commonName", "Jos\u00e9"),), "CN=Jos\\C3\\A9"),
        ((("commonName", "a\r\nX-Admin: 1"),), "CN=a\\0D\\0AX-Admin: 1"),
        ((("emailAddress", "a@example.com"),), "emailAddress=a@example.com"),
        ((("commonName", " "),), "CN=\\ "),
    ],
)
def test_a_subject_is_written_as_rfc_4514_says(parts: tuple[tuple[str, str], ...], text: str) -> None:
    assert subject_of(decoded(*parts)) == text


def test_several_values_of_one_part_stay_together() -> None:
    assert subject_of({"subject": ((("commonName", "a"), ("userId", "1")),)}) == "CN=a+UID=1"


def test_both_fields_are_lines_of_a_head() -> None:
    lines = certificate_lines(b"\x30\x82", decoded(("commonName", "alice")))
    assert b"".join(lines) == b"Client-Cert: :MII=:\r\nX-Client-Cert-Subject: CN=alice\r\n"
    assert len(lines) == 2


@given(st.text(max_size=40))
def test_no_subject_leaves_its_line(value: str) -> None:
    text = subject_of(decoded(("commonName", value)))
    assert re.fullmatch(r"[\x20-\x7e]*", text)
