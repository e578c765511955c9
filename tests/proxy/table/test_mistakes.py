"""Every mistake, all at once, where it stands, with what to write instead."""

from __future__ import annotations

import pytest

from proxy.table.mistakes import Mistake, did_you_mean, render_mistakes
from tests.proxy.table.texts import BACKENDS, load, mistake, mistakes, with_routes

TEN = """version: 1
backends:
  legacy: { url: http://127.0.0.1:8000/api }
  orders: { url: http://127.0.0.1:9000, healt: { path: /h } }
groups:
  ordering: { split: { orders: 0, legacy: 0 } }
routes:
  - name: a
    match: { path: "/a/{id}", methods: [get] }
    group: odering
    shadow: { sample: 10 }
  - name: a
    match: { path: /b }
    bakend: legacy
  - name: c
    match: { path_regex: "/(a+)+", headers: { X: 1 } }
    split: { ordrs: 1, legacy: -5 }
"""


def test_ten_and_more_mistakes_are_told_at_once_in_the_order_of_the_text() -> None:
    found = [(m.line, m.column, m.message) for m in mistakes(TEN)]
    assert found == sorted(found)
    assert [f"{line}:{column} {message}" for line, column, message in found] == [
        "3:18 a backend's URL has no path, query or fragment: paths are forwarded as they come",
        '4:41 unknown key "healt"',
        "6:15 all weights are 0: nobody would take a request",
        '9:41 "get" is not a method',
        '10:12 there is no group "odering"',
        "11:23 10 has no unit",
        '12:11 the name "a" is taken by the route in line 8',
        '14:5 unknown key "bakend"',
        "16:26 a repeat within a repeat takes the same text in very many ways",
        "16:50 1 is read as a number; text is wanted",
        '17:14 there is no backend "ordrs"',
        "17:32 -5 is out of range",
    ]


def test_a_mistake_is_shown_with_its_line_a_caret_and_help() -> None:
    text = "version: 1\nbackends:\n  legacy: { ulr: http://a }\n"
    assert render_mistakes(mistakes(text)[-1:], "routes.yaml", text) == (
        'routes.yaml:3:13: error: unknown key "ulr" [unknown-key]\n'
        "    3 |   legacy: { ulr: http://a }\n"
        "      |             ^^^\n"
        '  help: did you mean "url"?\n'
    )


def test_what_is_shown_cannot_command_a_terminal_and_long_lines_are_cut() -> None:
    text = "a: \x1b[31m\x07" + "x" * 5000
    shown = render_mistakes([Mistake(1, 4, "bad \x1b[0m", "do \x1b")], "f", text)
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert max(map(len, shown.split("\n"))) < 200
    assert render_mistakes([Mistake(9, 9, "far away")], "f", "a") == "f:9:9: error: far away [bad-value]\n"


@pytest.mark.parametrize(
    ("line", "message", "suggestion"),
    [
        ("{ name: x, match: { path: /x } }", 'the route "x" says nowhere who answers', "split"),
        ("{ name: x, match: { path: /x }, backend: ordres }", 'there is no backend "ordres"', 'mean "orders"'),
        ("{ name: x, match: { path: /x }, backend: zzz }", 'there is no backend "zzz"', "legacy, orders, search"),
        ("{ name: x, match: { path: /x }, backend: orders, fallback: x }", 'there is no backend "x"', "backends here"),
        ("{ name: x, match: { path: /x }, group: g }", 'there is no group "g"', "groups:"),
        ("{ name: 'a b', match: { path: /x }, backend: legacy }", '"a b" cannot name a route', "letters"),
        ("{ name: (unclaimed), match: { path: /x }, backend: legacy }", '"(unclaimed)" cannot name a route', "letters"),
        ("{ name: x, match: {}, backend: legacy }", "a match needs a condition; this one claims everything", "/**"),
        ("{ name: x, match: [], backend: legacy }", '"match" is empty', "one entry"),
        ("{ name: x, match: /x, backend: legacy }", "text stands where a list is wanted", 'match: { path: "/x" }'),
        ("{ name: x, match: { path: x }, backend: legacy }", "a path begins with /", "write /x"),
        ("{ name: x, match: { path: /a/*/b }, backend: legacy }", '"*" holds a *', "{name}"),
        ("{ name: x, match: { path: /a/**/b }, backend: legacy }", "** stands at the end of a path only", "{name}"),
        (
            "{ name: x, match: { path: '/a/x{id}' }, backend: legacy }",
            '"x{id}" mixes a parameter and text',
            "whole segment",
        ),
        ("{ name: x, match: { path: '/{a}/{a}' }, backend: legacy }", "{a} stands in this path twice", "of its own"),
        ("{ name: x, match: { path: /a//b }, backend: legacy }", "a path holds no empty segment (//)", "one /"),
        ("{ name: x, match: { path: /a?b=1 }, backend: legacy }", "a path holds no ?", "query"),
        ("{ name: x, match: { path: /a/../b }, backend: legacy }", "refused on its way in", "stands for"),
        ("{ name: x, match: { path: /a/:id }, backend: legacy }", '":id" is no parameter here', "{id}"),
        ("{ name: x, match: { path: /a, path_regex: /b }, backend: legacy }", "path and path_regex exclude", "list"),
        ("{ name: x, match: { path_regex: '[' }, backend: legacy }", "this is not a regex", "fullmatch"),
        ("{ name: x, match: { path_regex: 'a.*' }, backend: legacy }", "every path begins with /", "write /a.*"),
        (
            "{ name: x, match: { path: /a, headers: { A: '~(a|ab)*(b|ab)*' } }, backend: legacy }",
            "repeats in a row",
            "between",
        ),
        (
            "{ name: x, match: { path: /a, headers: { A: b, a: c } }, backend: legacy }",
            '"a" stands here twice',
            "keep one",
        ),
        (
            "{ name: x, match: { headers: { Host: b } }, backend: legacy }",
            "the host has a condition of its own",
            "host: b",
        ),
        ("{ name: x, match: { headers: { X-Shadow: '1' } }, backend: legacy }", "X-Shadow marks copies", "another"),
        ("{ name: x, match: { headers: { 'a b': '1' } }, backend: legacy }", "not a name that HTTP allows", "letters"),
        ("{ name: x, match: { host: 'a.com:80' }, backend: legacy }", "without its port", '"a.com"'),
        ("{ name: x, match: { host: 'a.*.com' }, backend: legacy }", "not in front", "*.example.com"),
        ("{ name: x, match: { host: 'a b' }, backend: legacy }", '"a b" is not a host name', "ASCII"),
        (
            "{ name: x, match: { path: /a, methods: GET }, backend: legacy }",
            "text stands where a list is wanted",
            "[GET]",
        ),
        (
            "{ name: x, match: { path: /a, methods: [TRACE] }, backend: legacy }",
            "TRACE never reaches a route",
            "remove",
        ),
        (
            "{ name: x, match: { path: /a }, split: { orders: 0.5, legacy: 1 } }",
            '"0.5" is not a whole number',
            "relative",
        ),
        ("{ name: x, match: { path: /a }, split: { orders: 5%, legacy: 1 } }", '"5%" is not a whole number', "write 5"),
        ("{ name: x, match: { path: /a }, split: { orders: .nan } }", '"nan" is not a whole number', "relative"),
        ("{ name: x, match: { path: /a }, split: { orders: 1e309 } }", '"inf" is not a whole number', "relative"),
        ("{ name: x, match: { path: /a }, split: { orders: 010 } }", '"010" is not a whole number', "relative"),
        ("{ name: x, match: { path: /a }, split: {} }", '"split" is empty', "at least one"),
        ("{ name: x, match: { path: /a }, backend: orders, shadow: { sample: 0.1 } }", "0.1 has no unit", "10%"),
        ("{ name: x, match: { path: /a }, backend: orders, shadow: {} }", 'the key "sample" is missing', "sample: 10%"),
        ("{ name: x, match: { path: /a }, backend: orders, shadow: { sample: 101% } }", "more than all", "100%"),
        (
            "{ name: x, match: { path: /a }, backend: orders, shadow: { sample: 1%, unsafe: ' ' } }",
            "this needs a text",
            "why",
        ),
        (
            "{ name: x, match: { path: /a }, backend: orders, shadow: { sample: 1%, unsafe: true } }",
            "true is read as true",
            '"true"',
        ),
        (
            "{ name: x, match: { path: /a }, backend: legacy, shadow: { sample: 1% } }",
            "nothing to compare with",
            "candidate",
        ),
        (
            "{ name: x, match: { path: /a }, split: { orders: 1, search: 1 }, shadow: { sample: 1% } }",
            "which one is judged",
            "orders",
        ),
        (
            "{ name: x, match: { path: /a }, backend: orders, shadow: { sample: 1%, candidate: legacy } }",
            "are compared with",
            "new",
        ),
        (
            "{ name: x, match: { path: /a }, backend: orders, shadow: { sample: 1%, candidate: search } }",
            "is not in the split",
            "orders",
        ),
        (
            "{ name: x, match: { path: /a }, backend: orders, shadow: { sample: 1%, max_answer: 1GB } }",
            '"1GB" is not a size',
            "1MiB",
        ),
        (
            "{ name: x, match: { path: /a }, backend: orders, shadow: { sample: 1%, max_answer: 65MiB } }",
            "too much",
            "16MiB",
        ),
        ("{ name: x, match: { path: /a }, backend: legacy, retired: true }", "a retired route never calls legacy", "0"),
        (
            "{ name: x, match: { path: /a }, backend: orders, retired: true, shadow: { sample: 1% } }",
            "nothing is copied",
            "remove",
        ),
        (
            "{ name: x, match: { path: /a }, backend: legacy, compare: { ignore: [a.b] } }",
            "'a.b' is no place of an answer",
            None,
        ),
        (
            "{ name: x, match: { path: /a }, backend: legacy, compare: { unordered: [{ path: '$.a[' }] } }",
            "cannot read",
            None,
        ),
        (
            "{ name: x, match: { path: /a }, backend: legacy, compare: { tolerance: { $.a: -1 } } }",
            "not a number of 0 or more",
            "number",
        ),
        (
            "{ name: x, match: { path: /a }, backend: legacy, compare: { ignore: [{ path: $.a, until: soon }] } }",
            "not a day",
            "2027-03-31",
        ),
        (
            "{ name: x, match: { path: /a }, backend: legacy, ready: { target: 100% } }",
            "cannot be reached by evidence",
            "99.9%",
        ),
        ("{ name: x, match: { path: /a }, backend: legacy, timeouts: { connect: 5 } }", "5 has no unit", "30s"),
        ("{ name: x, match: { path: /a }, backend: legacy, timeouts: { connect: 0s } }", "out of range", "7d"),
        (
            "{ name: x, match: { path: /a }, backend: legacy, timeouts: { connect: 5 seconds } }",
            "not a duration",
            "30s",
        ),
        (
            "{ name: x, match: { path: /a }, backend: legacy, sticky: 1 }",
            '"1" is neither true nor false',
            "true or false",
        ),
        ("{ name: x, match: { path: /a }, backend: no }", "no is read as false; text is wanted", 'quotes: "no"'),
        (
            "{ name: x, match: { path: /a }, backend: legacy, on: 1 }",
            "on is read as true; a key is a word",
            'quotes: "on"',
        ),
        (
            "{ name: x, match: { path: /a }, backend: legacy, 8: 1 }",
            "8 is read as a number; a key is a word",
            'quotes: "8"',
        ),
        (
            "{ name: x, match: { path: /a }, backend: legacy, prioritty: 1 }",
            'unknown key "prioritty"',
            'mean "priority"',
        ),
        ("{ name: x, match: { path: /a }, backend: legacy, zzz: 1 }", 'unknown key "zzz"', "known here: name, match"),
        ("{ name: x, name: y, match: { path: /a }, backend: legacy }", '"name" stands here twice', "keep one"),
        (
            "{ name: ${NO}, match: { path: /a }, backend: legacy }".replace("${NO}", "'${NO}'"),
            "no variable NO",
            "${NO:-default}",
        ),
        ("{ name: '${1x}', match: { path: /a }, backend: legacy }", "${ begins a variable", "$${"),
        ("5", "a number stands where a map is wanted", "name, match"),
    ],
)
def test_one_mistake_is_told_alone_and_with_help(line: str, message: str, suggestion: str | None) -> None:
    found = mistake(with_routes(line))
    assert message in found.message
    assert found.line == 7
    assert (suggestion is None) == (found.suggestion is None)
    assert suggestion is None or suggestion in (found.suggestion or "")


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("version: 1\nbackends:\n  lagacy: { url: http://a }\n", (3, 3), "no backend is named legacy"),
        ("backends: { legacy: { url: http://a } }\n", (1, 1), 'the key "version" is missing'),
        ("version: 2\nbackends: { legacy: { url: http://a } }\n", (1, 10), "not a version of this grammar"),
        ("version: 1\n", (1, 1), 'the key "backends" is missing'),
        ("version: 1\nbackends: { legacy: {} }\n", (2, 13), 'the backend "legacy" has no url'),
        ("version: 1\nbackends: { legacy: { url: http://a, urls: [http://b] } }\n", (2, 38), "exclude each other"),
        ("version: 1\nbackends: { legacy: { urls: [http://a, http://a:80/] } }\n", (2, 40), "stands here twice"),
        (BACKENDS + "defaults: { identity: [{ cookie: a, header: b }] }\n", (6, 24), "one cookie or one header"),
        (BACKENDS + "defaults: { trusted_proxies: [10.0.0.0/99] }\n", (6, 31), "not an address or a network"),
        (BACKENDS + "groups: { g: { split: { ordrs: 1 } } }\n", (6, 25), 'there is no backend "ordrs"'),
        (BACKENDS + "routs: []\n", (6, 1), 'unknown key "routs"'),
    ],
)
def test_mistakes_outside_of_routes_have_their_place(text: str, place: tuple[int, int], message: str) -> None:
    found = mistake(text)
    assert message in found.message
    assert (found.line, found.column) == place


def test_a_route_of_a_group_is_sticky() -> None:
    text = BACKENDS + (
        "groups: { g: { split: { orders: 1, legacy: 1 } } }\n"
        "routes:\n  - { name: a, match: { path: /a }, group: g, sticky: false }\n"
    )
    assert "a route of a group is sticky" in mistake(text).message
    load(text.replace("sticky: false", "sticky: true"))


def test_a_route_named_as_a_group_that_it_is_not_in_is_a_mistake() -> None:
    text = (
        BACKENDS
        + "groups: { g: { split: { legacy: 1 } } }\nroutes:\n  - { name: g, match: { path: /a }, backend: legacy }\n"
    )
    assert "also the name of a group" in mistake(text).message
    load(text.replace("backend: legacy", "group: g"))


def test_what_follows_from_a_mistake_is_not_told() -> None:
    """A backend that is wrong is still there; a group whose split is wrong has one; a key that is wrong was given."""
    text = (
        "version: 1\nbackends:\n  legacy: { url: x }\n  new: { urls: [] }\n"
        "groups: { g: { split: { new: -1, legacy: 1 } } }\n"
        "routes:\n  - { name: a, match: { path: /a }, group: g, shadow: { sample: 1% } }\n"
        "  - { name: b, match: { path: /b }, split: { new: x }, shadow: { sample: 1% } }\n"
    )
    assert [m.line for m in mistakes(text)] == [3, 4, 5, 8]


def test_what_stands_before_broken_yaml_is_checked_too() -> None:
    text = (
        "backends:\n  legacy: { ulr: http://a }\n  b: { url: http://b }\n"
        "routes:\n  - name: a\n    nam: b\n    match: { path: /a }\n    backend: c\n  - { name: [ }\n"
    )
    # Not told: that version is missing, or that there is no backend c; both may stand further down.
    assert [(m.line, m.message) for m in mistakes(text)] == [
        (2, 'unknown key "ulr"'),
        (6, 'unknown key "nam"'),
        (9, "YAML cannot be read here: while parsing a flow node did not find expected node content"),
    ]


def test_the_nearest_word_is_suggested_whatever_its_case_and_hyphens() -> None:
    assert did_you_mean("Path-Regex", ["path", "path_regex"]) == 'did you mean "path_regex"?'
    assert did_you_mean("zzz", ["path"]) is None


def excerpt(line: str, column: int, width: int | None = None) -> list[str]:
    """The source line and the carets, without the gutter."""
    shown = render_mistakes([Mistake(1, column, "bad")], "f", line, width).splitlines()
    return [row[8:] for row in shown[1:3]]


@pytest.mark.parametrize(
    ("line", "column", "meant"),
    [
        ("connect: 5 seconds # soon", 10, "5 seconds"),
        ("methods: [FETCH ME, GET]", 11, "FETCH ME"),
        ('path: "/a, b" # x', 7, '"/a, b"'),
        ("path: 'it''s'", 7, "'it''s'"),
        ("url: http://a:80/b", 6, "http://a:80/b"),
        ("name: ${A:-b c}, x: 1", 7, "${A:-b c}"),
        ("key with blanks: 1", 1, "key with blanks"),
        ("a: { b: 1 }", 4, "{"),
    ],
)
def test_the_carets_stand_below_all_that_is_meant(line: str, column: int, meant: str) -> None:
    shown, carets = excerpt(line, column)
    start = carets.index("^")
    assert shown[start : start + len(carets.strip())] == meant


def test_carets_stand_below_what_is_meant_where_letters_are_wide_or_have_no_width() -> None:
    shown, carets = excerpt("a: 日本e\u0301 b", 4)
    assert (shown, carets) == ("a: 日本e\u0301 b", "   ^^^^^^^")


@pytest.mark.parametrize("width", [None, 40, 80, 132])
@pytest.mark.parametrize("ahead", [0, 40, 77, 5000])
@pytest.mark.parametrize("behind", [0, 5000])
def test_a_long_line_is_cut_around_what_is_meant(width: int | None, ahead: int, behind: int) -> None:
    line = f"{{ {'x' * ahead}, bad, {'y' * behind} }}"
    shown, carets = excerpt(line, line.index("bad") + 1, width)
    assert max(len(shown), len(carets)) + 8 <= (width or 80)
    start = carets.index("^")
    assert (shown[start : start + 3], carets.strip()) == ("bad", "^^^")


def test_what_is_meant_may_be_longer_than_the_terminal_is_wide() -> None:
    shown, carets = excerpt(f"name: {'x' * 1_000_000}", 7)
    assert len(shown) + 8 == len(carets) + 3 + 8 == 80


def test_sentences_are_broken_for_a_terminal_and_whole_for_a_pipe() -> None:
    found = Mistake(1, 1, "word " * 30, "help " * 30)
    broken = render_mistakes([found], "f", "a", 80).splitlines()
    assert max(map(len, broken)) <= 80
    assert len(broken) > 5
    assert len(render_mistakes([found], "f", "a").splitlines()) == 4
