"""What routes.yaml may say of the requests that the shadow sends."""

from __future__ import annotations

import pytest

from proxy.model.edits import Edits, RequestEdits, Value
from proxy.model.table import Cookies
from proxy.table.shadow_keys import MAX_EDITS, MAX_VALUE
from tests.proxy.table.texts import load, mistake, mistakes, with_routes

ROUTE = (
    "{{ name: a, match: {{ path: /a }}, split: {{ legacy: 1, orders: 0 }}, shadow: {{ sample: 10%, requests: {} }} }}"
)


def requests(text: str, defaults: str = "") -> str:
    return with_routes(ROUTE.format(text)) + defaults


def edits(text: str, defaults: str = "", **environ: str) -> RequestEdits:
    shadow = load(requests(text, defaults), **environ).routes[0].shadow
    assert shadow is not None
    return shadow.requests


def test_edits_are_by_side_and_values_of_variables_are_secret() -> None:
    text = (
        '{ both: { set: { X-Seed: "42", X-Now: $started_at }, drop: [Accept-Encoding] }, '
        'candidate: { set: { Authorization: "Bearer ${TOKEN}" }, host: "orders.internal:8080", prefix: { from: /api, to: /v2 } } }'
    )
    assert edits(text, TOKEN="hunter2") == RequestEdits(
        both=Edits((("X-Seed", Value("42")), ("X-Now", Value("$started_at"))), ("Accept-Encoding",)),
        candidate=Edits(
            (("Authorization", Value("Bearer hunter2", secret=True)),), (), "orders.internal:8080", ("/api", "/v2")
        ),
    )
    assert "hunter2" not in repr(load(requests(text), TOKEN="hunter2"))


def test_a_part_that_a_route_gives_takes_the_place_of_the_defaults() -> None:
    defaults = "defaults: { shadow: { requests: { both: { drop: [X-A] }, control: { host: old.internal } } } }\n"
    assert edits("{ both: { drop: [X-B] } }", defaults) == RequestEdits(
        both=Edits(drop=("X-B",)), control=Edits(host="old.internal")
    )
    assert edits("{}", defaults).both == Edits(drop=("X-A",))


@pytest.mark.parametrize(
    ("text", "message", "help_"),
    [
        ("{ both: { set: { Connection: close } } }", '"Connection" is not yours to change', "remove it"),
        ("{ both: { drop: [Content-Length] } }", '"Content-Length" is not yours to change', "remove it"),
        ('{ both: { set: { x-shadow: "0" } } }', '"x-shadow" is not yours to change', "remove it"),
        ("{ control: { set: { Host: a } } }", "a request needs exactly one Host", "write host:"),
        ("{ both: { drop: [host] } }", "a request needs exactly one Host", "write host:"),
        ('{ both: { set: { "X A": a } } }', '"X A" is not a name that HTTP allows', "letters"),
        ("{ both: { set: { X-A: 1 } } }", "1 is read as a number; text is wanted", 'put it in quotes: "1"'),
        ('{ both: { set: { X-A: "a\\nb" } } }', "this value holds a line break", "from a file"),
        ('{ both: { set: { X-A: " a" } } }', "this value begins or ends with a blank", "remove it"),
        ("{ both: { set: { X-A: $started_by } } }", '"$started_by" stands for nothing', 'mean "$started_at"'),
        ("{ both: { host: a } }", 'unknown key "host"', "known here: set, drop"),
        ('{ candidate: { host: "a b" } }', '"a b" is not what a Host header may say', "with a port"),
        ("{ candidate: { prefix: { from: api, to: /v2 } } }", '"api" is not the beginning of a path', "begins with /"),
        ('{ candidate: { prefix: { from: /a, to: "/b?c" } } }', '"/b?c" is not the beginning of a path', "begins with"),
        ("{ candidate: { prefix: { to: /v2 } } }", 'the key "from" is missing', None),
        ("{ candidate: { prefix: { form: /a, from: /a, to: /b } } }", 'unknown key "form"', 'mean "from"'),
        ("{ both: { set: { X-A: a, x-a: b } } }", '"X-A" and "x-a" are the same header', "remove one"),
        ("{ both: { set: { X-A: a }, drop: [x-a] } }", '"x-a" is set and dropped', "remove it from drop"),
    ],
)
def test_what_cannot_be_sent_is_refused(text: str, message: str, help_: str | None) -> None:
    found = mistake(requests(text))
    assert message in found.message
    assert (help_ or "") in (found.suggestion or "")


def test_a_secret_is_in_no_message() -> None:
    text = requests('{ both: { set: { A: "${A}", B: "${B}", C: "${C}" } } }')
    found = mistakes(text, A="hunter2\n", B=" hunter2", C="hunter2" * MAX_VALUE)
    assert len(found) == 3
    assert "hunter2" not in "".join(f"{one.message}{one.suggestion}" for one in found)
    assert edits('{ both: { set: { A: "${A}" } } }', A="$2b$12").both.set == (("A", Value("$2b$12", secret=True)),)


def test_there_is_a_most_of_everything() -> None:
    many = ", ".join(f"X-{number}" for number in range(MAX_EDITS + 1))
    assert "at most 64" in mistake(requests(f"{{ both: {{ drop: [{many}] }} }}")).message


JAR = "{ name: a, match: { path: /a }, split: { legacy: 1, orders: 0 }, shadow: { sample: 10%, cookies: jar } }"


def test_a_jar_needs_to_know_whose_it_is() -> None:
    found = mistake(with_routes(JAR))
    assert (found.message, "identity" in (found.suggestion or "")) == (
        "a jar is one user's, and nothing tells users apart", True,
    )  # fmt: skip
    shadow = load(with_routes(JAR) + "defaults: { identity: [{ cookie: session }] }\n").routes[0].shadow
    assert shadow is not None
    assert shadow.cookies is Cookies.JAR
    assert "mean" in (mistake(with_routes(JAR.replace("jar", "jars"))).suggestion or "")


WRITES = "{{ name: a, match: {{ path: /a }}, split: {{ legacy: 1, orders: 0 }}, shadow: {{ sample: 0%, {} }} }}"


@pytest.mark.parametrize(
    ("shadow", "identity", "message"),
    [
        ("writes: read-after-write", False, "nothing tells which reads are those of who wrote"),
        ('writes: read-after-write, unsafe: "ours"', True, "unsafe copies writes, and read-after-write does not"),
        ("window: 30s", True, "window says how long after a write reads are copied, and here they are not"),
        ("writes: always", True, '"always" is not known here'),
    ],
)
def test_writes_are_copied_or_reads_after_them(shadow: str, identity: bool, message: str) -> None:
    defaults = "defaults: { identity: [{ cookie: session }] }\n" if identity else ""
    assert mistake(with_routes(WRITES.format(shadow)) + defaults).message == message


@pytest.mark.parametrize(
    ("shadow", "seconds"),
    [
        ("writes: read-after-write", 30.0),
        ("writes: read-after-write, window: 5m", 300.0),
        ("writes: never", None),
        ('unsafe: "ours"', None),
    ],
)
def test_the_window_of_read_after_write_is_thirty_seconds_unless_said(shadow: str, seconds: float | None) -> None:
    text = with_routes(WRITES.format(shadow)) + "defaults: { identity: [{ cookie: session }] }\n"
    policy = load(text).routes[0].shadow
    assert policy is not None
    assert policy.after_write == seconds
