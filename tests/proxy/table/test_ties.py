"""Two routes that could both have a request, with nothing to tell which: a load error that names both."""

from __future__ import annotations

import pytest

from tests.proxy.table.texts import mistake, routes, with_routes


def pair(one: str, other: str) -> tuple[str, str]:
    return f"{{ name: a, backend: legacy, {one} }}", f"{{ name: b, backend: legacy, {other} }}"


TIED = [
    ("match: { path: /x }", "match: { path: /x }"),
    ("match: { path: '/x/{id}' }", "match: { path: '/x/{name}' }"),
    ("match: { path: '/x/%61' }", "match: { path: '/x/a' }"),
    ("match: { path: /x/** }", "match: { path: /x/** }"),
    ("match: { path: /x, methods: [GET, POST] }", "match: { path: /x, methods: [PUT, POST] }"),
    ("match: { path: /x, headers: { A: '1' } }", "match: { path: /x, headers: { B: '1' } }"),
    ("match: { path: /x, headers: { A: '1' } }", "match: { path: /x, query: { A: '2' } }"),
    ("match: { path: /x, headers: { A: '1' } }", "match: { path: /x, headers: { a: '*' } }"),
    ("match: { path: /x, headers: { A: 'x1' } }", "match: { path: /x, headers: { A: '~x.' } }"),
    ("match: { path: /x, headers: { A: '~a+' } }", "match: { path: /x, headers: { A: '~.*' } }"),
    ("match: { host: a.com }", "match: { host: A.com. }"),
    ("match: { host: '*.a.com' }", "match: { host: '*.a.com' }"),
    ("match: { path_regex: '/a/.*' }", "match: { path_regex: '/a/[0-9]+' }"),
    ("match: { headers: { A: '1' } }", "match: { headers: { B: '1' } }"),
    ("match: [{ path: /y }, { path: /x }]", "match: [{ path: /z }, { path: /x }]"),
    ("match: { path: /x }, priority: 2", "match: { path: /x }, priority: 2"),
]

APART = [
    ("match: { path: /x }", "match: { path: /x/ }"),
    ("match: { path: /x }", "match: { path: /X }"),
    ("match: { path: /x }", "match: { path: '/{id}' }"),
    ("match: { path: /x, methods: [GET] }", "match: { path: /x, methods: [POST] }"),
    ("match: { path: /x, methods: [GET] }", "match: { path: /x }"),
    ("match: { path: /x, headers: { A: '1' } }", "match: { path: /x, headers: { A: '2' } }"),
    ("match: { path: /x, headers: { A: '1' } }", "match: { path: /x, headers: { A: '~[2-9]' } }"),
    ("match: { path: /x, headers: { A: '~a+' } }", "match: { path: /x, headers: { A: '~b+' } }"),
    ("match: { path: /x, cookies: { A: '1' } }", "match: { path: /x, cookies: { a: '1', b: '1' } }"),
    ("match: { path: /x, headers: { A: '1' } }", "match: { path: /x }"),
    ("match: { host: a.com }", "match: { host: b.com }"),
    ("match: { host: '*.a.com' }", "match: { host: '*.b.com' }"),
    ("match: { path_regex: '/a/.*' }", "match: { path_regex: '/b/.*' }"),
    ("match: { path_regex: '/a/.*', host: a.com }", "match: { path_regex: '/a/.*' }"),
    ("match: { path: /x }, priority: 1", "match: { path: /x, headers: { A: '1' } }, priority: 2"),
]


@pytest.mark.parametrize(("one", "other"), TIED)
def test_a_tie_names_both_routes_and_what_to_add(one: str, other: str) -> None:
    found = mistake(with_routes(*pair(one, other)))
    assert found.message == 'the routes "a" (line 7) and "b" can claim the same request with equal right'
    assert "priority: 1" in (found.suggestion or "")
    assert found.line == 8


@pytest.mark.parametrize(("one", "other"), APART)
def test_routes_that_can_be_told_apart_are_no_tie(one: str, other: str) -> None:
    assert len(routes(*pair(one, other)).routes) == 2


def test_matches_of_one_route_may_overlap() -> None:
    assert routes("{ name: a, backend: legacy, match: [{ path: /x }, { path: /x }] }").routes


def test_very_many_claims_of_one_path_are_told_apart_quickly() -> None:
    """By an exact value; otherwise 4,500,000 pairs."""
    lines = [
        f"{{ name: r{n}, backend: legacy, match: {{ path: /x, headers: {{ Tenant: t{n} }} }} }}" for n in range(3_000)
    ]
    assert len(routes(*lines).routes) == 3_000
    found = mistake(
        with_routes(*lines, "{ name: late, backend: legacy, match: { path: /x, headers: { tenant: t7 } } }")
    )
    assert '"r7"' in found.message
