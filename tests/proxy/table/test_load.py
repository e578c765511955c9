"""The grammar of routes.yaml, as values."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from proxy.model.table import (
    DEFAULT_COMPARED_HEADERS,
    Condition,
    ConditionKind,
    Endpoint,
    Health,
    IdentitySource,
    Match,
    ReadyRule,
    Stage,
    Timeouts,
    Unordered,
    Waiver,
)
from proxy.table.load import load_table, transparent_table
from proxy.table.mistakes import BadTable
from tests.proxy.table.texts import load, mistake, route, routes, with_routes

WHOLE = """
version: 1
backends:
  legacy: { url: http://127.0.0.1:8000 }
  orders:
    urls: [http://127.0.0.1:9000, "https://[::1]"]
    health: { path: /healthz, interval: 10s }
    timeouts: { first_byte: 2s }
  search: { url: http://search.internal/ }
defaults:
  identity: [{ cookie: session }, { header: X-User-Id }]
  timeouts: { connect: 500ms, first_byte: 60s, idle: 100s }
  trusted_proxies: [10.0.0.0/8, "::1"]
groups:
  ordering: { split: { orders: 5, legacy: 95 } }
routes:
  - name: order-read
    match: { path: "/orders/{id}", methods: [GET, HEAD] }
    group: ordering
    shadow: { sample: 10% }
    fallback: legacy
    compare:
      ignore:
        - "$.served_at"
        - { path: "$.links[*].href", reason: "host differs", until: 2027-03-31 }
      unordered: [{ path: "$.items", key: id }]
      tolerance: { "$.total": 0.005 }
      headers: [Content-Type, ETag]
    ready: { target: 99.9%, hours: 24 }
    timeouts: { total: 5s }
  - name: order-write
    match: { path: "/orders/**", methods: [POST, PUT, PATCH, DELETE] }
    group: ordering
    shadow: { sample: 1%, unsafe: "orders honours X-Shadow: 1 as a dry run", timeout: 1m, max_request: 64KiB, max_answer: 1.5MiB }
  - name: search
    match:
      - { path: /search, headers: { X-Beta: "1" } }
      - { path_regex: "/find/[a-z]+", host: "*.Example.com", cookies: { beta: "*" }, query: { q: "~[a-z]+" } }
    split: { search: 20, legacy: 80 }
    sticky: false
    priority: 3
  - { name: old, match: { path: /old }, backend: search, retired: true }
  - { name: later, match: { path: /later }, backend: legacy, enabled: false }
"""


def test_the_whole_grammar_is_read() -> None:
    table = load_table(WHOLE, source="x.yaml", version=7)
    assert (table.version, table.source) == (7, "x.yaml")
    assert table.identity == (IdentitySource("cookie", "session"), IdentitySource("header", "X-User-Id"))
    assert table.trusted_proxies == ("10.0.0.0/8", "::1/128")
    defaults = Timeouts(0.5, 60.0, 100.0)
    assert table.timeouts == table.legacy.timeouts == defaults
    orders = table.backends["orders"]
    assert orders.endpoints == (Endpoint("http", "127.0.0.1", 9000), Endpoint("https", "::1", 443))
    assert orders.health == Health("/healthz", 10.0, 3.0)
    assert orders.timeouts == Timeouts(0.5, 2.0, 100.0)
    assert table.backends["search"].endpoints == (Endpoint("http", "search.internal", 80),)
    assert list(table.by_name) == ["order-read", "order-write", "search", "old"]

    read = table.by_name["order-read"]
    assert read.matches == (Match(path="/orders/{id}", methods=frozenset({"GET", "HEAD"})),)
    assert read.split.weights == (("orders", 5), ("legacy", 95))
    assert (read.stage, read.candidate, read.fallback, read.group) == (Stage.CANARY, "orders", "legacy", "ordering")
    assert read.split.salt == table.by_name["order-write"].split.salt
    assert read.compare.ignore == (
        Waiver("$.served_at"),
        Waiver("$.links[*].href", "host differs", date(2027, 3, 31)),
    )
    assert read.compare.unordered == (Unordered("$.items", "id"),)
    assert read.compare.tolerance == (("$.total", 0.005),)
    assert read.compare.headers == (*DEFAULT_COMPARED_HEADERS, "etag")
    assert read.ready == ReadyRule(0.999, 24.0)
    assert read.timeouts == Timeouts(0.5, 60.0, 100.0, 5.0)

    shadow = table.by_name["order-write"].shadow
    assert shadow is not None
    assert (shadow.sample, shadow.timeout, shadow.max_request, shadow.max_answer) == (0.01, 60.0, 65536, 1572864)
    assert shadow.unsafe == "orders honours X-Shadow: 1 as a dry run"

    search = table.by_name["search"]
    assert (search.sticky, search.priority, search.stage) == (False, 3, Stage.CANARY)
    assert search.matches[0].conditions == (Condition(ConditionKind.HEADER, "X-Beta", "1"),)
    assert search.matches[1] == Match(
        path_regex="/find/[a-z]+",
        host="*.example.com",
        conditions=(Condition(ConditionKind.COOKIE, "beta", "*"), Condition(ConditionKind.QUERY, "q", "~[a-z]+")),
    )
    assert table.by_name["old"].stage is Stage.RETIRED


def test_the_table_of_the_repository_is_good() -> None:
    path = Path(__file__).resolve().parents[3] / "routes.yaml"
    assert load_table(path.read_bytes(), environ={}).routes


def test_no_route_is_needed() -> None:
    table = load("version: 1\nbackends: { legacy: { url: http://a } }\ngroups:\nroutes:\n")
    assert table.routes == ()


def test_a_route_that_is_not_enabled_is_checked_and_left_out() -> None:
    assert routes("{ name: a, match: { path: /a }, backend: legacy, enabled: false }").routes == ()
    text = with_routes("{ name: a, match: { path: /a }, backend: lgacy, enabled: false }")
    assert mistake(text).suggestion == 'did you mean "legacy"?'


@pytest.mark.parametrize(
    ("keys", "stage"),
    [
        ("backend: legacy", Stage.LEGACY),
        ("backend: legacy, shadow: { sample: 10%, candidate: orders }", Stage.SHADOW),
        ("split: { legacy: 1, orders: 0 }, shadow: { sample: 10% }", Stage.SHADOW),
        ("split: { legacy: 1, orders: 1 }", Stage.CANARY),
        ("backend: orders, shadow: { sample: 10% }", Stage.LIVE),
        ("split: { legacy: 0, orders: 1 }", Stage.LIVE),
        ("backend: orders, retired: true", Stage.RETIRED),
    ],
)
def test_the_stage_follows_from_the_keys(keys: str, stage: Stage) -> None:
    assert route(f"{{ name: a, match: {{ path: /a }}, {keys} }}").stage is stage


def test_only_the_first_of_several_keys_that_say_who_answers_would_count_so_several_are_a_mistake() -> None:
    found = mistake(with_routes("{ name: a, match: { path: /a }, backend: legacy, split: { orders: 1 } }"))
    assert found.message == "split and backend exclude each other: each says who answers"


def test_variables_are_filled_in_as_values() -> None:
    text = (
        'version: ${V}\nbackends:\n  legacy: { url: "http://${HOST:-127.0.0.1}:${PORT}" }\n  new: { url: http://b }\n'
        "routes:\n  - name: a-${NAME}\n    match: { path: /a, headers: { X-N: '${W}' } }\n"
        "    split: { new: '${W}', legacy: 95 }\n    sticky: ${STICKY:-false}\n"
    )
    # No variable can bring in keys: whatever it holds is one value.
    assert '"a-x: [y" cannot name a route' in mistake(text, PORT="81", W="5", V="1", NAME="x: [y").message
    table = load(text, PORT="81", W="5", V="1", NAME="b", HOST="")
    assert table.legacy.endpoints == (Endpoint("http", "127.0.0.1", 81),)
    (only,) = table.routes
    assert only.name == "a-b"
    assert only.split.weights == (("new", 5), ("legacy", 95))
    assert only.matches[0].conditions[0].value == "5"
    assert only.sticky is False


def test_a_dollar_is_only_special_before_a_brace() -> None:
    (only,) = load(
        with_routes(r"{ name: a, match: { path: /a, headers: { A: 'x$${y}', B: '$1', C: '~a$' } }, backend: legacy }")
    ).routes
    assert [condition.value for condition in only.matches[0].conditions] == ["x${y}", "$1", "~a$"]


def test_aliases_and_merges_are_read() -> None:
    text = with_routes(
        "{ name: a, match: { path: /a }, split: &s { orders: 1, legacy: 9 }, compare: &c { ignore: [$.a] } }",
        "{ name: b, match: { path: /b }, split: *s, compare: { <<: *c, headers: [etag] } }",
    )
    first, second = load(text).routes
    assert first.split.weights == second.split.weights
    assert second.compare.ignore == (Waiver("$.a"),)
    assert "etag" in second.compare.headers


def test_without_a_file_everything_goes_to_one_url() -> None:
    table = transparent_table("http://127.0.0.1:8000/", version=3)
    assert (table.version, table.routes, table.identity) == (3, (), ())
    assert table.legacy.endpoints == (Endpoint("http", "127.0.0.1", 8000),)
    with pytest.raises(BadTable) as caught:
        transparent_table("127.0.0.1:8000")
    assert caught.value.mistakes[0].suggestion == "write http://127.0.0.1:8000"


def test_ten_thousand_routes_load_in_seconds() -> None:
    lines = (
        f"{{ name: r{n}, match: {{ path: '/s{n % 97}/r{n}/{{id}}', methods: [GET] }}, split: {{ orders: 5, legacy: 95 }} }}"
        for n in range(10_000)
    )
    assert len(routes(*lines).routes) == 10_000  # about 1 s; what is quadratic takes minutes
