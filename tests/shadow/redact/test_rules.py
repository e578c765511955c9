"""What a table hides is hidden wherever it stands, whatever its patterns' groups are called."""

from __future__ import annotations

import pytest

from proxy.model.redact import RedactRules
from shadow.model import Answer, Difference, Kind
from shadow.redact import Redactor, rules_for

REDACTOR = Redactor(b"the key")
FORM = [(b"Content-Type", b"application/x-www-form-urlencoded")]


def under(*, names: tuple[str, ...] = (), patterns: tuple[str, ...] = ()) -> Redactor:
    return REDACTOR.of_pair("", RedactRules(names=names, patterns=patterns))


@pytest.mark.parametrize(
    ("pattern", "text", "shown"),
    [
        ("customer (?P<name>[A-Z][a-z]+)", "of customer Ada.", f"of {REDACTOR.hide('customer Ada')}."),
        ("no (?P<card>[0-9]+)", "of no 42.", f"of {REDACTOR.hide('no 42')}."),
        ("no (?P<secret>[0-9]+)", "of no 42.", f"of no {REDACTOR.hide('42')}."),
        ("no (?:(?P<secret>[0-9]+)|[A-Z]+)", "of no AB.", f"of {REDACTOR.hide('no AB')}."),
        ("no (?P<secret>[0-9]*)", "of no .", "of no ."),
        ("x*", "abc", "abc"),
        ("(?P<name>no) (?P<card>1) (?P<secret>[0-9]+)", "no 1 42", f"no 1 {REDACTOR.hide('42')}"),
    ],
)
def test_only_a_group_called_secret_means_something(pattern: str, text: str, shown: str) -> None:
    assert under(patterns=(pattern,)).text(text) == shown


def test_what_is_always_hidden_does_not_keep_a_pattern_from_its_match_nor_the_other_way_round() -> None:
    one = under(patterns=("password=[a-z0-9]+ of [A-Z][a-z]+", "eyJ"))
    assert "Ada" not in one.text("the password=hunter2 of Ada")
    assert "hbGci" not in one.text("is eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl")


@pytest.mark.parametrize("field", ["user[email]", "user%5Bemail%5D", "email[home]", "user.email", "email"])
def test_a_name_hides_fields_of_fields(field: str) -> None:
    one = under(names=("email",))
    assert one.target(f"/a?{field}=ada&b=1") == f"/a?{field}={REDACTOR.hide('ada')}&b=1"
    assert one.body(FORM, f"{field}=ada&b=1".encode()).text == f"{field}={REDACTOR.hide('ada')}&b=1"
    part = f'--B\r\nContent-Disposition: form-data; name="{field.replace("%5B", "[").replace("%5D", "]")}"\r\n\r\nada1\r\n--B--'
    assert "ada1" not in one.body([(b"Content-Type", b"multipart/form-data; boundary=B")], part.encode()).text
    page = f'<input name="{field.replace("%5B", "[").replace("%5D", "]")}" value="ada1">'
    assert "ada1" not in one.body([(b"Content-Type", b"text/html")], page.encode()).text


@pytest.mark.parametrize("media", [b"text/html", b"application/xml", b"text/plain"])
def test_patterns_hide_what_is_written_in_character_references(media: bytes) -> None:
    one = under(patterns=(r"[a-z]+@[a-z.]+",))
    shown = one.body([(b"Content-Type", media)], b"<p title='a&#64;b.de'>c&#x40;d.de</p>").text
    assert shown == f"<p title='{REDACTOR.hide('a@b.de')}'>{REDACTOR.hide('c@d.de')}</p>"


def test_what_was_hidden_by_its_name_is_hidden_where_a_page_spells_it_otherwise() -> None:
    one = under(names=("*mail",))
    one.learn_from([(b"X-Mail", b"ada7@shop.example")])
    shown = one.body([(b"Content-Type", b"text/html")], b"<p>ada7&#64;shop.example</p> ada7%40shop.example").text
    assert shown == f"<p>{REDACTOR.hide('ada7@shop.example')}</p> {REDACTOR.hide('ada7@shop.example')}"


def test_names_of_parameters_cookies_and_headers_are_looked_at_too() -> None:
    one = under(patterns=("CUST-[0-9]+",))
    assert "CUST" not in one.target("/a?CUST-17=1&CUST%2D17=2&of[CUST-17]=")
    assert "CUST" not in str(one.headers([(b"Cookie", b"CUST-17=1; CUST-17"), (b"X-CUST-17", b"1")]))
    assert "CUST" not in str(one.headers([(b"Set-Cookie", b"CUST-17=1; Path=/CUST-17")]))
    assert "CUST" not in one.body(FORM, b"CUST-17=1&a=2").text
    assert "CUST" not in str(one.difference(Difference('$["CUST-17"].a', Kind.VALUES_CHANGED, "1", "2")))


def test_what_a_coding_is_called_is_not_told() -> None:
    stored = REDACTOR.body([(b"Content-Encoding", b"hunter2")], b"abc")
    assert "hunter2" not in str(stored)
    assert (stored.text, (stored.note or "")[:8]) == ("", "not kept")


def test_paths_hide_their_last_names_where_an_answer_is_no_json() -> None:
    rules = RedactRules(paths=("$.card.holder",))
    json, page = (Answer(200, [(b"Content-Type", media)], b"") for media in (b"application/json", b"text/html"))
    assert rules_for(rules, [json, json]) == rules
    assert rules_for(rules, [json, page]).names_secret("holder")
    assert rules_for(RedactRules(), [page]) == RedactRules()
