from __future__ import annotations

import pytest

from proxy.model.path import parse_path
from proxy.model.redact import LONGEST_NAME, NO_RULES, RedactRules


@pytest.mark.parametrize(
    ("name", "hidden"),
    [
        ("email", True),
        ("EMAIL", True),
        ("customer_email_1", True),
        ("e-mail", False),
        ("born", True),
        ("reborn", False),
        ("x?y", True),
        ("xay", False),
    ],
)
def test_names_are_globs_whatever_their_case(name: str, hidden: bool) -> None:
    rules = RedactRules(names=("*email*", "born", "x[?]y"))
    assert rules.names_secret(name) is hidden


def test_a_name_without_end_costs_no_more_than_a_long_one() -> None:
    assert RedactRules(names=("a*b*c*d*e",)).names_secret("a" * 1_000_000) is False
    assert RedactRules(names=("*" + "x" * LONGEST_NAME,)).names_secret("x" * 10_000)


@pytest.mark.parametrize(
    ("place", "hidden"),
    [
        ("$.card", True),
        ("$.card.number", True),
        ("$.cards", False),
        ("$", False),
        ("$.people[3].born", True),
        ("$.people[].born", True),
        ("$.people[3]", False),
        ("$.by_id.x.name", True),
        ("$.by_id.*", True),  # it may be the phone
        ("$.a.b.c.phone", True),
        ("$.phone.x", True),
        ("$.items[2]", False),
        ("$.items[0]", True),
        ("$.items[]", True),
    ],
)
def test_what_stands_at_a_path_is_hidden_with_all_below(place: str, hidden: bool) -> None:
    rules = RedactRules(paths=("$.card", "$.people[*].born", "$.by_id.*.name", "$..phone", "$.items[0]"))
    assert rules.at(parse_path(place)) is hidden


@pytest.mark.parametrize(
    ("target", "logged"),
    [
        (b"/a?page=2&email=a%40b&x", b"/a?page=2&email=[redacted]&x"),
        (b"/a?q=CUST-12345678&r=1", b"/a?q=[redacted]&r=1"),
        (b"/a?q=CUST%2D12345678", b"/a?q=[redacted]"),
        (b"/a?CUST-12345678", b"/a?[redacted]"),
        (b"/customers/CUST-12345678?a=1", b"[redacted]?a=1"),
        (b"/plain", b"/plain"),
        (b"*", b"*"),
        (
            b"/a?user[email]=x&user%5Bemail%5D=x&user.email=x",
            b"/a?user[email]=[redacted]&user%5Bemail%5D=[redacted]&user.email=[redacted]",
        ),
        (b"/a?email[home]=x;b=1;email=x", b"/a?email[home]=[redacted];b=1;email=[redacted]"),
        (b"http://shop.example/customers/CUST-12345678?a=1", b"[redacted]?a=1"),
        (b"http://shop.example/a?email=x", b"http://shop.example/a?email=[redacted]"),
        (b"/a;email=x;v=1/b;email=y?c=1", b"/a;email=[redacted];v=1/b;email=[redacted]?c=1"),
        (b"/a?next=https://b.example/?email=x&c=1", b"/a?next=[redacted]&c=1"),
        (b"/a?next=https%3A%2F%2Fb.example%2F%3Femail%3Dx", b"/a?next=[redacted]"),
        (b"/a?next=https%253A%252F%252Fb.example%253Fuser%255Bemail%255D%253Dx", b"/a?next=[redacted]"),
        (b"/a?q=%7B%22email%22%3A%22x%22%7D", b"/a?q=[redacted]"),
        (b"/a?q=CUST%252D12345678", b"/a?q=[redacted]"),
        (b"/a?next=https://b.example/?c=1", b"/a?next=https://b.example/?c=1"),
    ],
)
def test_a_logged_target_shows_nothing_that_is_hidden(target: bytes, logged: bytes) -> None:
    assert RedactRules(names=("email",), patterns=("CUST-[0-9]{8}",)).loggable(target) == logged


def test_where_places_are_not_followed_their_last_names_are_hidden() -> None:
    rules = RedactRules(
        names=("a",), paths=("$.card.holder", "$.items[0]", '$["x*y"]'), patterns=("p",)
    ).with_last_names()
    assert rules.names_secret("holder")
    assert rules.names_secret("x*y")
    assert not rules.names_secret("xzy")
    assert rules.at(parse_path("$.card.holder"))
    assert rules.patterns == ("p",)


def test_no_rules_hide_nothing() -> None:
    assert not NO_RULES
    assert not NO_RULES.names_secret("email")
    assert not NO_RULES.at(())
    assert NO_RULES.loggable(b"/a?email=1") == b"/a?email=1"
