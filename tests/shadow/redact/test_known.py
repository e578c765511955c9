"""What was found once is hidden everywhere in its pair."""

from __future__ import annotations

import base64
from datetime import date

import pytest

from proxy.model.table import CompareRules
from shadow.compare import compare
from shadow.model import Answer, Difference, Kind
from shadow.redact import HIDDEN, Redactor
from shadow.redact.known import MAX_KNOWN, Known

CANARY = "hunter2-canary"
REDACTOR = Redactor(b"the key")


@pytest.mark.promise("B133")
@pytest.mark.parametrize(
    ("media", "body"),
    [
        ("text/html", '<input name="user[password]" value="a b %s">'),
        ("text/html", "<input type=password name=p value=%s>"),
        ("text/html", "<p><span id=api-key>%s</span>"),
        ("text/html", "<form><textarea name=secret>%s</textarea></form>"),
        ("text/html", '<meta content="%s" name="csrf-token">'),
        ("application/xml", '<add key="ApiKey" value="%s"/>'),
        ("application/xml", '<p name="password">%s</p>'),
        ("application/xml", "<a><Secret><b>%s</b></Secret></a>"),
        ("application/xml", "<a><s:token xmlns:s='u'><![CDATA[%s]]></s:token></a>"),
        ("application/json", '[{"key": "api_key", "value": "%s"}]'),
        ("application/json", '{"name": "password", "value": "%s"}'),
        ("application/json", '{"a": "<input name=csrf value=%s>"}'),
        ("text/plain", 'a long line before it, and then passphrase = "a b %s"'),
        ("text/plain", "invalid password '%s'"),
        ("application/x-www-form-urlencoded", "q=%%257B%%2522password%%2522%%253A%%2522%s%%2522%%257D"),
        ("multipart/form-data; boundary=B", '--B\r\nContent-Disposition: form-data; name="p"\r\nX-Api-Key: %s\r\n\r\nx\r\n--B--\r\n'),
    ],
)  # fmt: skip
def test_neither_bodies_nor_the_differences_between_them_show_a_secret(media: str, body: str) -> None:
    sides = [Answer(200, [(b"Content-Type", media.encode())], (body % (CANARY + end)).encode()) for end in ("", "2")]
    redactor = REDACTOR.of_pair("")
    for side in sides:
        redactor.learn_from(side.headers, body=side.body)
        assert CANARY not in redactor.body(side.headers, side.body).text
    found = compare(*sides, CompareRules(), today=date(2026, 1, 1)).differences
    assert all(CANARY not in str(redactor.difference(one)) for one in found)


def test_a_secret_that_is_repeated_elsewhere_is_hidden_there_too() -> None:
    redactor = REDACTOR.of_pair("alice@example.com")
    basic = base64.b64encode(b"user:pass/w&rd-1").decode()
    redactor.learn_from(
        [(b"Authorization", f"Basic {basic}".encode()), (b"Cookie", f"session={CANARY}; lang=en".encode())]
    )
    text = f"{CANARY} said {basic} en pass/w&amp;rd-1 pass%2Fw%26rd-1 alice@example.com"
    body = redactor.body([(b"Content-Type", b"text/plain")], text.encode()).text
    assert [word for word in body.split() if not HIDDEN.fullmatch(word)] == ["said", "en"]
    assert CANARY not in redactor.target(f"/a/{CANARY}")
    assert CANARY not in redactor.text(f"cannot reach {CANARY}")
    path = redactor.difference(Difference(f'$.by["{CANARY}"].n', Kind.VALUES_CHANGED, '"1"', '"2"'))
    assert (CANARY in path.path, path.control, path.candidate) == (False, '"1"', '"2"')


def test_an_excerpt_that_begins_or_ends_within_a_secret_shows_none_of_it() -> None:
    secret = "0123456789abcdefghijklmnopqrstuvwxyz"
    known = Known()
    known.add(secret)
    hide = REDACTOR.hide
    for value in (f'from character 9: "{secret[9:]} and more', f'"before {secret[:9]}… (cut)', f'"{secret[3:12]}…"'):
        swept = known.swept_value(value, hide)
        assert hide(secret) in swept
        assert secret[9:12] not in swept


def test_short_secrets_are_hidden_where_they_are_a_whole_value_and_words_stay_words() -> None:
    known = Known()
    for secret in ("1234", "english", "ab"):
        known.add(secret)
    assert known.swept("1234 in english", REDACTOR.hide) == "1234 in english"
    assert HIDDEN.fullmatch(known.swept_value('"1234"', REDACTOR.hide))
    assert known.swept_value('"ab"', REDACTOR.hide) == '"ab"'


def test_no_more_than_so_many_secrets_are_looked_for() -> None:
    known = Known()
    for number in range(MAX_KNOWN + 1):
        known.add(f"secret-{number:06}")
    assert "redacted" in known.swept(f"secret-{MAX_KNOWN - 1:06}", REDACTOR.hide)
    assert "redacted" not in known.swept(f"secret-{MAX_KNOWN:06}", REDACTOR.hide)
