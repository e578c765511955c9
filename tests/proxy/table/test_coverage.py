"""A route that no request can reach is a load error; one that some request can reach is not."""

from __future__ import annotations

import pytest

from tests.proxy.table.texts import mistake, routes, with_routes


def pair(first: str, covered: str) -> tuple[str, str]:
    return f"{{ name: first, backend: legacy, {first} }}", f"{{ name: covered, backend: orders, {covered} }}"


COVERED = [
    ("match: { path: /** }, priority: 1", "match: { headers: { A: '1' } }"),  # all but OPTIONS *, which has no path
    ("match: { path: /** }, priority: 1", "match: { path: /x }"),
    ("match: { path: '/{a}/{b}' }, priority: 1", "match: { path: '/x/{id}', methods: [GET], headers: { A: '1' } }"),
    ("match: { path: /x/** }, priority: 1", "match: { path: /x/** }"),
    ("match: { path: /x/** }, priority: 1", "match: [{ path: /x }, { path: /x/y }]"),
    ("match: { path: /x, methods: [GET, POST] }, priority: 1", "match: { path: /x, methods: [POST, GET] }"),
    ("match: { headers: { A: '*' } }, priority: 1", "match: { path: /x, headers: { a: '1' } }"),
    (
        "match: { headers: { A: '1' } }, priority: 1",
        "match: { path: /x, headers: { A: '1', B: '~[0-9]' }, cookies: { c: d } }",
    ),
    ("match: { query: { q: a b } }, priority: 1", "match: { path: /x, query: { q: a b, r: '*' } }"),
    ("match: { host: '*.a.com' }, priority: 1", "match: { host: x.a.com, path: /x }"),
    ("match: { path_regex: '/x/.*' }, priority: 1", "match: { path: /x/y }"),
    ("match: { path: /** }", "match: { path_regex: '/x/[0-9]+' }"),
    ("match: { path: '/café/**' }, priority: 1", "match: { path: /caf%C3%A9/x }"),
    ("match: { path: /x }", "match: { path: /x }, priority: -1"),
]

REACHED = [
    ("match: { path: /x/** }, priority: 1", "match: { path: /** }"),
    ("match: { path: /x }, priority: 1", "match: [{ path: /x }, { path: /y }]"),
    ("match: { path: /x, methods: [GET] }, priority: 1", "match: { path: /x }"),
    ("match: { path: /x, methods: [GET] }, priority: 1", "match: { path: /x, methods: [GET, POST] }"),
    ("match: { path: /x, headers: { A: '1' } }, priority: 1", "match: { path: /x }"),
    ("match: { path: /x, headers: { A: '1' } }, priority: 1", "match: { path: /x, headers: { A: '*' } }"),
    ("match: { path: /x, headers: { A: '1' } }, priority: 1", "match: { path: /x, headers: { A: '~1|2' } }"),
    ("match: { path: '/{id}' }, priority: 1", "match: { path: /** }"),
    ("match: { path: '/{id}' }, priority: 1", "match: { path: / }"),
    ("match: { host: x.a.com }, priority: 1", "match: { host: '*.a.com' }"),
    ("match: { host: a.com }, priority: 1", "match: { path: /x }"),
    ("match: { path_regex: '/[0-9]+' }, priority: 1", "match: { path: '/{id}' }"),
    ("match: { path: '/x/{id}' }", "match: { path_regex: '/x/[0-9]+|/y' }"),
    ("match: { path: /** }", "match: { path_regex: '/x', host: a.com }"),
    ("match: { path: /x }", "match: { path: /x, methods: [GET] }"),
]


@pytest.mark.parametrize(("first", "covered"), COVERED)
def test_a_route_that_nothing_reaches_is_a_mistake_that_names_what_comes_first(first: str, covered: str) -> None:
    found = mistake(with_routes(*pair(first, covered)))
    assert found.message.startswith('no request can reach the route "covered": "first" (line 7)')
    assert found.line == 8


@pytest.mark.parametrize(("first", "reached"), REACHED)
def test_a_route_that_something_reaches_is_none(first: str, reached: str) -> None:
    assert len(routes(*pair(first, reached)).routes) == 2


def test_a_word_of_the_table_is_not_taken_for_a_generic_one() -> None:
    assert routes(*pair("match: { path: /generic }, priority: 1", "match: { path: '/{id}' }")).routes
