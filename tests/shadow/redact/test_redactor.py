"""Nothing secret gets out, equal stays equal, and what is not secret stays as it was."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.model.message import Headers
from proxy.model.redact import RedactRules
from shadow.model import Difference, Kind
from shadow.redact import MAX_BODY, Redactor
from shadow.redact import redactor as redact_module
from shadow.redact.hide import Hide
from shadow.redact.json_text import redact_json
from shadow.redact.names import ONLY_IN_QUERIES, SECRET_HEADERS, SECRET_PARTS, SECRET_WORDS, is_secret_name
from shadow.redact.patterns import PATTERNS
from tests.machine import patience

CANARY = "hunter2-canary"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl"
REDACTOR = Redactor(b"the key")


def typed(media: str, *more: tuple[bytes, bytes]) -> Headers:
    return [(b"Content-Type", media.encode()), *more]


def text_of(media: str, body: str | bytes) -> str:
    return REDACTOR.body(typed(media), body.encode() if isinstance(body, str) else body).text


def test_equal_secrets_stay_equal_and_another_key_hides_them_otherwise() -> None:
    assert REDACTOR.hide("a") == Redactor(b"the key").hide("a")
    assert REDACTOR.hide("a") != REDACTOR.hide("b")
    assert REDACTOR.hide(REDACTOR.hide("a")) == REDACTOR.hide("a")
    assert REDACTOR.hide("a") != Redactor(b"another").hide("a")


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("Authorization", f"Bearer {CANARY}", "Bearer redacted-"),
        ("Authorization", CANARY, "redacted-"),
        ("Proxy-Authorization", f"Basic {CANARY}", "Basic redacted-"),
        ("Cookie", f"session={CANARY}; lang={CANARY}", "session=redacted-"),
        ("Set-Cookie", f"sid={CANARY}; Path=/; HttpOnly", "; Path=/; HttpOnly"),
        ("X-Api-Key", CANARY, "redacted-"),
        ("X-Auth-Token", CANARY, "redacted-"),
        ("X-Amz-Security-Token", CANARY, "redacted-"),
        ("X-Forwarded-Client-Cert", CANARY, "redacted-"),
        ("Referer", f"https://shop/x?token={CANARY}&page=2", "&page=2"),
        ("X-Debug", f"user said Bearer {CANARY}", "user said Bearer "),
        ("X-State", json.dumps({"password": CANARY}), '{"password"'),
    ],
)
def test_secrets_in_headers_are_hidden(name: str, value: str, kept: str) -> None:
    [(same_name, redacted)] = REDACTOR.headers([(name.encode(), value.encode())])
    assert same_name == name
    assert CANARY not in redacted
    assert kept in redacted
    assert "redacted-" in redacted


def test_headers_without_secrets_stay_as_they_are() -> None:
    plain = [
        (b"Content-Type", b"application/json"),
        (b"WWW-Authenticate", b'Basic realm="shop"'),
        (b"ETag", b'"33a64df5"'),
    ]
    assert REDACTOR.headers(plain) == tuple((name.decode(), value.decode()) for name, value in plain)


@pytest.mark.parametrize(
    ("target", "redacted"),
    [
        ("/a%2Fb?page=2&q=a+b", "/a%2Fb?page=2&q=a+b"),
        (f"/a?token={CANARY}&page=2", f"/a?token={REDACTOR.hide(CANARY)}&page=2"),
        (f"/a?api%5Fkey={CANARY}", f"/a?api%5Fkey={REDACTOR.hide(CANARY)}"),
        (f"/reset/{JWT}/now", f"/reset/{REDACTOR.hide(JWT)}/now"),
        (f"/a?{JWT}", f"/a?{REDACTOR.hide(JWT)}"),
        (f"/a?next=http%3A%2F%2Fu%3A{CANARY}%40h", f"/a?next=http%3A//u%3A{REDACTOR.hide(CANARY)}%40h"),
        ("/a?password=", "/a?password="),
    ],
)
def test_secrets_in_addresses_are_hidden(target: str, redacted: str) -> None:
    assert REDACTOR.target(target) == redacted


@pytest.mark.parametrize(
    ("media", "body"),
    [
        ("application/json", json.dumps({"user": {"Password": CANARY}})),
        ("application/json", json.dumps({"credentials": {"deep": [{"er": CANARY}]}})),
        ("application/json", json.dumps([{"note": f"Authorization: Bearer {CANARY}"}])),
        ("application/json", json.dumps({"inner": json.dumps({"access_token": CANARY})})),
        ("application/json", json.dumps({JWT: 1})),
        ("application/json", f'{{"password" : "{CANARY}'),
        ("application/json", f'{{"pass\\u0077ord": "{CANARY}"}}'),
        ("application/json", f'{{"password": {{"a": "{CANARY}", "b": ['),
        ("application/json", f'not json: password="{CANARY}"'),
        ("application/json", f'{{password = "{CANARY}"}}'),
        ("application/json", f"{{password: {CANARY}}}"),
        ("text/plain", json.dumps({"secret": CANARY})),
        ("application/x-ndjson", '{"a": 1}\n' + json.dumps({"secret": CANARY})),
        ("application/x-www-form-urlencoded", f"user=a&password={CANARY}&x=1"),
        ("application/x-www-form-urlencoded", f"user=a&pass%77ord={CANARY}"),
        (
            "multipart/form-data; boundary=B",
            f'--B\r\nContent-Disposition: form-data; name="password"\r\n\r\n{CANARY}\r\n--B--\r\n',
        ),
        (
            "multipart/form-data; boundary=B",
            f'--B\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n{CANARY}\r\n--B--',
        ),
        ("text/html", f'<input type="hidden" name="csrf_token" value="{CANARY}">'),
        ("application/xml", f"<a><soap:Password type='t'>{CANARY}</soap:Password></a>"),
        ("text/plain", f"connect to postgres://admin:{CANARY}@db/x"),
        ("text/plain", f"x: password={CANARY}"),
        ("text/plain", f"-----BEGIN RSA PRIVATE KEY-----\n{CANARY}\n-----END RSA PRIVATE KEY-----"),
        ("text/plain; charset=utf-16", f"password={CANARY}".encode("utf-16")),
        ("image/png", CANARY),
        ("application/octet-stream", CANARY),
        ("text/plain", b"\0\1" + CANARY.encode()),
    ],
)
def test_secrets_in_bodies_are_hidden(media: str, body: str | bytes) -> None:
    stored = REDACTOR.body(typed(media), body.encode() if isinstance(body, str) else body)
    assert CANARY not in str(stored)
    assert JWT not in str(stored)
    assert "redacted-" in stored.text + (stored.note or "") or "not kept" in stored.text


@pytest.mark.parametrize(
    "secret",
    [
        JWT,
        JWT[:20],
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_" + "a1B2" * 9,
        "sk_live_" + "a1B2" * 5,
        "xoxb-123456789012-abcdef",
        "4111 1111 1111 1111",
        "4111111111111111",
        "5500-0000-0000-0004",
    ],
)
def test_secrets_are_known_by_their_looks(secret: str) -> None:
    for media, body in (
        ("text/plain", f"it is {secret}, they said"),
        ("application/json", json.dumps({"a": secret, "b": [secret]})),
    ):
        assert secret not in text_of(media, body)


@pytest.mark.parametrize(
    "body",
    [
        '{"a": 1.0, "a": 2, "big": 123456789012345678901234567890, "e": 1E5,\n  "s": "caf\\u00e9 \\ud800", "t": [true, null]}',
        '{"author": "x", "keyboard": "y", "compass": "north", "code": 404, "key": "id"}',
        '{"at": 1732190400000, "id": "0d4f9a7e-52b1-4f0e-8a51-0c9d6d2f7a11", "total": 4111.11}',
        "[]",
        '"text"',
    ],
)
def test_what_is_not_secret_stays_as_it_was_written(body: str) -> None:
    assert text_of("application/json", body) == body


def test_coded_bodies_are_decoded_first_and_what_cannot_be_decoded_is_not_kept() -> None:
    body = gzip.compress(json.dumps({"password": CANARY, "a": 1}).encode())
    stored = REDACTOR.body(typed("application/json", (b"Content-Encoding", b"gzip")), body)
    assert '"a": 1' in stored.text
    assert CANARY not in stored.text
    assert stored.size == len(body)
    stored = REDACTOR.body(typed("application/json", (b"Content-Encoding", b"gzip")), CANARY.encode())
    assert stored.text == ""
    assert (stored.note or "").startswith("not kept: ")
    bomb = gzip.compress(b"\0" * 50_000_000)
    assert REDACTOR.body(typed("text/plain", (b"Content-Encoding", b"gzip")), bomb).text == ""


def test_long_bodies_are_cut_and_a_secret_across_the_cut_is_hidden_whole() -> None:
    for secret in (JWT, f"Bearer {CANARY}{'x' * 100}"):
        for offset in range(0, len(secret) + 1, 7):
            text = "x " * (MAX_BODY // 2 - offset // 2 - 1) + secret + " y" * 1000
            stored = REDACTOR.body(typed("text/plain"), text.encode())
            assert len(stored.text) <= MAX_BODY
            assert (stored.note or "").startswith(f"cut: the first {MAX_BODY} of ")
            assert secret[7:20] not in stored.text


def test_differences_hide_what_stands_in_secret_places_and_what_looks_secret() -> None:
    def redacted(path: str, control: str | None, candidate: str | None) -> Difference:
        return REDACTOR.difference(Difference(path, Kind.VALUES_CHANGED, control, candidate))

    hidden = redacted("$.user.api_key", f'"{CANARY}"', f'"{CANARY}2"')
    assert hidden.path == "$.user.api_key"
    assert hidden.control != hidden.candidate
    assert CANARY not in str(hidden)
    assert CANARY not in str(redacted("header:set-cookie", f'"a={CANARY}"', None))
    assert CANARY not in str(redacted("$.user", f'{{"password": "{CANARY}…', "null"))
    assert JWT not in str(redacted(f'$["{JWT}"].a', f'"{JWT}"', "1"))
    in_map = REDACTOR.difference(Difference(f'$["{JWT}"].by.x', Kind.TYPE_CHANGES, "1", "2", f'$["{JWT}"].by.*'))
    assert JWT not in str(in_map)
    assert in_map.place.endswith(".by.*")
    assert redacted("$.total", "4.5", "5") == Difference("$.total", Kind.VALUES_CHANGED, "4.5", "5")
    assert redacted("$.a", '"1"', None).candidate is None


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("$.a.password[3].deep.x", "$.a.password[3].deep.x"),
        ("$.tokens.*.id", "$.tokens.*.id"),
        ("$.pan.#text", "$.pan.#text"),
        (f'$.tokens["{CANARY}"].id', f"$.tokens[{REDACTOR.hide(CANARY)}].id"),
        (f'$["a.b"].tokens.{CANARY}', f'$["a.b"].tokens.{REDACTOR.hide(CANARY)}'),
        (f"$.{CANARY}", f"$.{CANARY}"),
        ("header:x-token", "header:x-token"),
        ("status", "status"),
    ],
)
def test_below_a_secret_name_only_words_stay_in_a_path(path: str, kept: str) -> None:
    assert REDACTOR.path(path) == kept


def test_it_fails_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> str:
        raise ValueError(CANARY)

    for name in ("redact_text", "redact_json", "redact_target", "redact_form", "redact_value"):
        monkeypatch.setattr(redact_module, name, broken)
    stored = REDACTOR.body(typed("text/plain"), CANARY.encode())
    assert (stored.text, stored.note) == ("", "not kept: it could not be redacted")
    assert CANARY not in REDACTOR.target(f"/{CANARY}")
    assert CANARY not in REDACTOR.text(CANARY)
    assert CANARY not in str(REDACTOR.headers([(b"X-A", CANARY.encode())]))
    assert CANARY not in str(REDACTOR.difference(Difference("$.a", Kind.VALUES_CHANGED, CANARY, CANARY)))
    assert CANARY not in str(REDACTOR.difference(Difference("$ no path", Kind.VALUES_CHANGED, CANARY, CANARY)))


def test_what_is_kept_can_be_shown_and_stored_whatever_bytes_it_was() -> None:
    [(name, value)] = REDACTOR.headers([(b"X-\xff", b"\x1b[31m\xe2\x80\xaecaf\xe9")])
    assert (name + value).isprintable()
    assert REDACTOR.text("a\ud800\x00b").isprintable()
    REDACTOR.body(typed("application/json"), b'{"a": "\xed\xa0\x80", "password": "\xed\xa0\x80"}').text.encode(
        errors="backslashreplace"
    )


names = st.sampled_from(["a", "password", "Token", "id", "api_key", "items"])
documents = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=8),  # longer ones may be cards
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=20,
)


@given(documents, st.sampled_from([None, 1]))
def test_a_redacted_document_is_the_same_document_but_for_its_secrets(document: Any, indent: int | None) -> None:
    def expected(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: "hidden" if is_secret_name(key) else expected(inner) for key, inner in value.items()}
        return [expected(inner) for inner in value] if isinstance(value, list) else value

    text = json.dumps(document, indent=indent)
    if not isinstance(document, str):
        assert json.loads(redact_json(text, Hide(lambda _: "hidden"))) == expected(document)


@given(st.text(), st.integers(0, 3))
def test_no_text_makes_it_fail(text: str, nested: int) -> None:
    assert isinstance(redact_json(text, Hide(REDACTOR.hide), nested), str)
    for media in (
        "application/json",
        "text/html",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=a",
    ):
        stored = REDACTOR.body(typed(media), text.encode("utf-8", "surrogatepass"))
        assert stored.note != "not kept: it could not be redacted"


@pytest.mark.parametrize(
    "text",
    [
        "eyJ" * 30_000,
        "a" * 70_000,
        '"' * 70_000,
        "<a " * 25_000,
        "password" * 9000,
        "{" * 70_000,
        '{"a":' * 14_000,
        "name=" * 14_000,
        "4 " * 35_000,
        "1" * 70_000,
        "://a:" * 14_000,
        "-----BEGIN PRIVATE KEY" * 3000,
        "Bearer " * 10_000,
        '\\"' * 35_000,
    ],
)
def test_no_text_takes_long(text: str) -> None:
    import time  # noqa: PLC0415 - the only test that measures

    most = patience(2.0)
    before = time.process_time()
    text_of("application/json", text)
    text_of("text/html", text)
    assert time.process_time() - before < most


def test_the_reference_names_all_that_is_hidden(request: pytest.FixtureRequest) -> None:
    reference = (request.config.rootpath / "docs/reference/redaction.md").read_text(encoding="utf-8")
    assert [pattern for pattern in PATTERNS if pattern not in reference] == []
    names = {*SECRET_WORDS, *SECRET_PARTS, *ONLY_IN_QUERIES}
    assert [name for name in sorted(names) if f"`{name}`" not in reference] == []
    assert [name for name in SECRET_HEADERS if name not in reference.lower()] == []
    assert f"{MAX_BODY:,} characters" in reference


def test_credentials_of_our_own_are_hidden_wherever_they_are_echoed() -> None:
    redactor = Redactor(b"key")
    long = "L" * 3000 + "end"
    redactor.learn(["Bearer abc.123", 'quo"ted\\7', long, "short"])
    assert redactor.text("Bearer, short, a abc.123 b") == f"Bearer, short, a {redactor.hide('abc.123')} b"
    assert redactor.headers([(b"X-Echo", b"abc.123")]) == (("X-Echo", redactor.hide("abc.123")),)
    json_type = [(b"Content-Type", b"application/json")]
    kept = redactor.body(json_type, json.dumps({"a": 'quo"ted\\7', "abc.123": 1, "b": f"{long} x"}).encode()).text
    assert "quo" not in kept
    assert "abc.123" not in kept
    assert "LLL" not in kept
    cut = Difference("$.abc.123", Kind.VALUES_CHANGED, f'"{long[:150]}', "abc.123", "$.abc.123")
    assert "LLL" not in str(redactor.difference(cut))
    assert "abc.123" not in str(redactor.difference(cut))


RULES = RedactRules(names=("*email*",), paths=("$.card.holder",), patterns=("CUST-[0-9]{8}",))


def test_a_table_s_rules_hide_names_places_and_patterns_beside_what_is_always_hidden() -> None:
    one = REDACTOR.of_pair("", RULES)
    body = b'{"email": "a@b", "card": {"holder": "Ada", "kind": "x"}, "note": "of CUST-12345678", "password": "p"}'
    shown = json.loads(one.body([(b"Content-Type", b"application/json")], body).text)
    assert shown["card"] == {"holder": REDACTOR.hide("Ada"), "kind": "x"}
    assert shown["note"] == f"of {REDACTOR.hide('CUST-12345678')}"
    assert (shown["email"], shown["password"]) == (REDACTOR.hide("a@b"), REDACTOR.hide("p"))
    assert one.target("/a?email=x1&page=2") == f"/a?email={REDACTOR.hide('x1')}&page=2"
    assert dict(one.headers([(b"X-Email", b"a@b")])) == {"X-Email": REDACTOR.hide("a@b")}


def test_in_bodies_of_other_types_the_last_name_of_a_path_is_hidden() -> None:
    one = REDACTOR.of_pair("", RULES)
    form = one.body([(b"Content-Type", b"application/x-www-form-urlencoded")], b"holder=Ada&kind=x")
    assert form.text == f"holder={REDACTOR.hide('Ada')}&kind=x"
    xml = one.body([(b"Content-Type", b"application/xml")], b"<card><holder>Ada</holder><kind>x</kind></card>")
    assert xml.text == f"<card><holder>{REDACTOR.hide('Ada')}</holder><kind>x</kind></card>"


def test_differences_hide_what_stands_at_a_path_below_it_and_around_it() -> None:
    one = REDACTOR.of_pair("", RULES)

    def shown(path: str, value: str) -> str | None:
        return one.difference(Difference(path, Kind.VALUES_CHANGED, value, None)).control

    assert shown("$.card.holder", '"Ada"') == REDACTOR.hide("Ada")
    assert shown("$.card.holder.first", '"Ada"') == REDACTOR.hide("Ada")
    assert shown("$.card", '{"holder": "Ada", "kind": "x"}') == f'{{"holder": "{REDACTOR.hide("Ada")}", "kind": "x"}}'
    assert shown("$.card.kind", '"x"') == '"x"'
    assert shown("header:x-email", "a@b") == REDACTOR.hide("a@b")
