"""Whose pair it is, as the store has it."""

from __future__ import annotations

import pytest

from shadow.redact import Redactor

ONE, OTHER = Redactor(b"k" * 32), Redactor(b"o" * 32)


def test_the_same_user_is_the_same_under_one_key_alone() -> None:
    assert ONE.identity("anna") == Redactor(b"k" * 32).identity("anna")
    assert len({ONE.identity("anna"), ONE.identity("bert"), OTHER.identity("anna")}) == 3
    assert len(ONE.identity("anna")) == 40


def test_the_hash_tells_its_key_and_not_what_stands_for_the_identity_in_texts() -> None:
    assert ONE.identity("anna").startswith(ONE.key_mark)
    assert ONE.of_pair("anna").identity("bert").startswith(ONE.key_mark)
    assert ONE.key_mark != OTHER.key_mark
    assert ONE.hide("anna").removeprefix("redacted-") not in ONE.identity("anna")


def test_who_told_no_identity_has_none() -> None:
    assert ONE.identity("") == ""


@pytest.mark.parametrize("odd", ["\udcff", "\\xff", "ä" * 10_000])
def test_any_text_is_somebody(odd: str) -> None:
    assert len(ONE.identity(odd)) == 40
