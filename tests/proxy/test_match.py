"""Which route claims a request: by what it says, never by where it stands in the table."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.match import AmbiguousTarget, Matcher
from proxy.model.message import Headers, RequestHead
from proxy.model.table import LEGACY, Backend, Condition, ConditionKind, Endpoint, Match, Route, Split, Table

BACKENDS = {LEGACY: Backend(LEGACY, (Endpoint("http", "127.0.0.1", 1),))}


def matcher(*routes: Route) -> Matcher:
    return Matcher(Table(1, BACKENDS, routes))


def route(name: str, *matches: Match, priority: int = 0) -> Route:
    return Route(name, matches, Split(f"route:{name}", ((LEGACY, 1),)), priority=priority)


def head(target: str | bytes, method: bytes = b"GET", /, **headers: str) -> RequestHead:
    lines: Headers = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return RequestHead.from_headers(method, target.encode() if isinstance(target, str) else target, lines)


def claimed(target: str | bytes, *matches: Match, method: bytes = b"GET", **headers: str) -> str | None:
    """The number of the match that claims the request."""
    found = matcher(*(route(str(number), match) for number, match in enumerate(matches))).match(
        head(target, method, **headers)
    )
    return None if found is None else found.name


def header(name: str, value: str) -> Condition:
    return Condition(ConditionKind.HEADER, name, value)


@pytest.mark.parametrize(
    ("pattern", "taken", "not_taken"),
    [
        ("/a/b", ["/a/b", "/a/b?c", "/a/b?/x/../y", "/%61/b", "http://h/a/b"], ["/a", "/a/b/", "/A/b", "/a/b/c", "/a%2Fb", "//a/b", "/a/b;x"]),
        ("/", ["/", "/?a", "http://h", "http://h/", "HTTP://h?x"], ["//", "/a"]),
        ("/a/", ["/a/"], ["/a", "/a//"]),
        ("/a/{id}", ["/a/1", "/a/x%2Fy", "/a/%20", "/a/é", "/a/100%", "/a/%252e%252e"], ["/a", "/a/", "/a/1/", "/a/1/2"]),
        ("/a/{id}/c", ["/a/1/c"], ["/a//c", "/a/1/d"]),
        ("/a/**", ["/a", "/a/", "/a/b", "/a/b/c/", "/a//x", "/a?b"], ["/ab", "/", "/A/b"]),
        ("/**", ["/", "/a", "//a", "/a/b/c"], []),
        ("/a/{id}/**", ["/a/1", "/a/1/", "/a/1/2"], ["/a", "/a/"]),
        ("/caf%C3%A9", ["/café", "/caf%c3%a9"], ["/caf%E9"]),
        ("/a%2Fb", ["/a%2fb"], ["/a/b"]),
        ("/a b".replace(" ", "%20"), ["/a%20b"], ["/a+b"]),
        ("/.well-known/{x}", ["/.well-known/a.b", "/.well-known/..."], []),
    ],
)  # fmt: skip
def test_a_path_pattern_takes_what_it_says(pattern: str, taken: list[str], not_taken: list[str]) -> None:
    index = matcher(route("a", Match(path=pattern)))
    assert [target for target in taken if index.match(head(target)) is None] == []
    assert [target for target in not_taken if index.match(head(target)) is not None] == []


@pytest.mark.parametrize(
    "target",
    [
        "/pub/../admin", "/pub/./x", "/pub/..", "/..", "/.", "/pub/%2e%2e/admin", "/pub/%2E./admin", "/pub/.%2e", "/%2e",
        "/pub%2f..%2fadmin", "/pub/..%5cadmin", "/pub\\..\\admin", "/a%5Cb", "/a%00b", "/%00", "/pub;/../admin", "/pub/..;/admin",
        "/pub/..;x=1/admin", "/pub/..%3b/admin", "/%c0%ae%c0%ae/admin", "/a%c0%afb", "/a#b", "/a?b#", "/%2e%2e%2fadmin", "http://h/a/../b",
        "http:/x", "http:///x", "h:80", "ftp://h/x", "http://u@h/x", "https://u:p@h", "", "a", "?a", "http://", "*/x", "http://h\\x/",
    ],
)  # fmt: skip
def test_what_two_readers_could_read_differently_is_refused(target: str) -> None:
    index = matcher(route("a", Match(path="/**")))
    with pytest.raises(AmbiguousTarget):
        index.match(head(target))
    with pytest.raises(AmbiguousTarget):
        index.ladder(head(target))


@pytest.mark.parametrize(
    "target",
    [
        "/%252e%252e/x",
        "/%2561",
        "/api../x",
        "/api%2e%2e/x",
        "/%zz",
        "/%",
        "/%u002e",
        "/...",
        "/a?b=../..",
        "/a?%00",
        b"/\xff",
        b"/%ff",
    ],
)
def test_what_only_looks_strange_is_not(target: str | bytes) -> None:
    assert claimed(target, Match(path="/**")) == "0"


def test_the_target_of_a_server_wide_options_has_no_path() -> None:
    everything = Match()
    assert claimed("*", Match(path="/**"), everything, method=b"OPTIONS") == "1"
    with pytest.raises(AmbiguousTarget):
        claimed("*", everything)


@pytest.mark.parametrize(
    ("wanted", "hosts", "others"),
    [
        ("a.com", ["a.com", "A.com:80", "a.COM."], ["b.com", "x.a.com", "", "a.com.b"]),
        ("*.a.com", ["x.a.com", "x.y.a.com", "X.A.com:1"], ["a.com", ".a.com", "xa.com", "a.com.x"]),
        ("[::1]", ["[::1]", "[::1]:80"], ["::1"]),
    ],
)
def test_a_host_is_matched_without_case_port_and_last_dot(wanted: str, hosts: list[str], others: list[str]) -> None:
    index = matcher(route("a", Match(host=wanted)))
    assert [host for host in hosts if index.match(head("/", host=host)) is None] == []
    assert [host for host in others if index.match(head("/", host=host)) is not None] == []
    assert index.match(head("/")) is None


def test_the_authority_of_an_absolute_target_wins_over_host() -> None:
    assert claimed("http://a.com/x", Match(host="b.com"), Match(host="a.com"), host="b.com") == "1"


def test_a_huge_host_with_very_many_dots_is_no_work() -> None:
    assert claimed("/", Match(host="*.a.com"), host="a." * 30_000 + "a.com") is None


def test_methods_are_taken_as_given() -> None:
    get = Match(path="/a", methods=frozenset({"GET"}))
    assert claimed("/a", get) == "0"
    assert claimed("/a", get, method=b"HEAD") is None
    assert claimed("/a", get, method=b"get") is None
    assert claimed("/a", get, Match(path="/a"), method=b"BREW") == "1"


@pytest.mark.parametrize(
    ("kind", "value", "holds", "fails"),
    [
        (ConditionKind.HEADER, "1", [{"x": "1"}, {"X": "1"}], [{}, {"x": "2"}, {"x": "11"}, {"y": "1"}]),
        (ConditionKind.HEADER, "*", [{"x": ""}, {"x": "é"}], [{}, {"y": "1"}]),
        (ConditionKind.HEADER, "~a.c", [{"x": "abc"}, {"x": "aéc"}], [{}, {"x": "abcd"}, {"x": "xabc"}]),
        (ConditionKind.COOKIE, "1", [{"cookie": "x=1"}, {"cookie": "a=b; x=1"}, {"cookie": "a=b;x=1 ; c"}], [{}, {"cookie": "xx=1; y=x=1; X=1; x"}, {"cookie": "x=2; x=1"}, {"cookie": "a=b x=1"}]),
        (ConditionKind.COOKIE, "*", [{"cookie": "x="}], [{"cookie": "x"}, {"cookie": "ax=1"}]),
    ],
)  # fmt: skip
def test_header_and_cookie_conditions(
    kind: ConditionKind, value: str, holds: list[dict[str, str]], fails: list[dict[str, str]]
) -> None:
    index = matcher(route("a", Match(path="/", conditions=(Condition(kind, "x", value),))))
    assert [headers for headers in holds if index.match(head("/", **headers)) is None] == []
    assert [headers for headers in fails if index.match(head("/", **headers)) is not None] == []


def test_the_first_line_of_a_repeated_header_counts_and_cookie_lines_are_one() -> None:
    match = Match(conditions=(header("x", "1"), Condition(ConditionKind.COOKIE, "c", "2")))
    index = matcher(route("a", match))
    lines = [(b"X", b"1"), (b"Cookie", b"a=b"), (b"X", b"2"), (b"Cookie", b"c=2")]
    assert index.match(RequestHead.from_headers(b"GET", b"/", lines))
    assert not index.match(RequestHead.from_headers(b"GET", b"/", [(b"X", b"2"), *lines]))


@pytest.mark.parametrize(
    ("value", "holds", "fails"),
    [
        ("a b", ["?q=a+b", "?x=1&q=a%20b", "?%71=a+b&q=2"], ["", "?q=a", "?q=2&q=a+b", "?Q=a+b", "?q", "/?q=a+b"]),
        ("*", ["?q", "?q=", "?a&q", "?q=1?2"], ["?", "?qq=1", "?a=q"]),
        ("~[0-9]+", ["?q=12"], ["?q=", "?q=1a"]),
        ("", ["?q", "?q="], ["?", "?q=1"]),
    ],
)
def test_query_conditions_are_decoded_as_a_form_is(value: str, holds: list[str], fails: list[str]) -> None:
    match = Match(path="/p", conditions=(Condition(ConditionKind.QUERY, "q", value),))
    assert [query for query in holds if claimed("/p" + query, match) is None] == []
    assert [query for query in fails if claimed("/p" + query, match) is not None] == []


@pytest.mark.parametrize(
    ("target", "taken"),
    [
        ("/a/12", True),
        ("/%61/12", True),
        ("/a/12/", False),
        ("/x/a/12", False),
        ("/a%2F12", False),
        ("/a/١٢", False),
        ("/a/1\n", False),
    ],
)
def test_a_path_regex_is_matched_with_the_whole_decoded_path(target: str, taken: bool) -> None:
    assert (claimed(target, Match(path_regex=r"/a/\d+")) is not None) is taken


LADDER = [
    route("priority", Match(path="/**"), priority=1),
    route("exact host", Match(host="a.b.com", path="/**")),
    route("long wildcard", Match(host="*.b.com", path="/**")),
    route("short wildcard", Match(host="*.com", path="/x/y", methods=frozenset({"GET"}))),
    route("literal", Match(path="/x/y")),
    route("literal, parameter", Match(path="/x/{b}")),
    route("literal, below", Match(path="/x/**", conditions=(header("h", "1"), header("i", "1")))),
    route("parameter, literal", Match(path="/{a}/y")),
    route(
        "parameters, method, conditions",
        Match(path="/{a}/{b}", methods=frozenset({"GET"}), conditions=(header("h", "1"),)),
    ),
    route("parameters, method", Match(path="/{a}/{b}", methods=frozenset({"GET"}))),
    route("parameters, conditions", Match(path="/{a}/{b}", conditions=(header("h", "1"), header("i", "1")))),
    route("parameters, condition", Match(path="/{a}/{b}", conditions=(header("h", "1"),))),
    route("parameters", Match(path="/{a}/{b}")),
    route("below, conditions", Match(path="/**", conditions=(header("h", "1"),))),
    route("below", Match(path="/**")),
    route("regex, method", Match(path_regex="/x/.*", methods=frozenset({"GET"}))),
    route("regex", Match(path_regex="/x/.*")),
    route("last", Match(path="/x/y"), priority=-1),
]
"""Every route claims the request of the test; the most specific first."""


def test_the_most_specific_route_wins_and_the_order_of_lines_never_matters() -> None:
    request = head("/x/y", host="a.b.com", h="1", i="1")
    for gone in range(len(LADDER)):
        routes = LADDER[gone:]
        random.Random(gone).shuffle(routes)
        index = matcher(*routes)
        found = index.match(request)
        assert found is not None
        assert found.name == LADDER[gone].name
        assert [rung.route.name for rung in index.ladder(request)] == [route.name for route in LADDER[gone:]]


SEGMENTS = st.sampled_from(["a", "b", "{x}"])
PATHS = st.builds(
    lambda segments, below: (
        "/" + "/".join([f"{{x{n}}}" if s == "{x}" else s for n, s in enumerate(segments)] + ["**"] * below)
    ),
    st.lists(SEGMENTS, max_size=3),
    st.booleans(),
)
MATCHES = st.builds(
    Match,
    path=st.none() | PATHS,
    methods=st.frozensets(st.sampled_from(["GET", "POST"]), max_size=2),
    host=st.none() | st.sampled_from(["a.com", "x.a.com", "*.a.com", "*.com"]),
    conditions=st.lists(
        st.sampled_from([header("h", "1"), header("i", "*"), Condition(ConditionKind.QUERY, "q", "~.")]),
        unique=True,
        max_size=2,
    ).map(tuple),
) | st.builds(Match, path_regex=st.sampled_from(["/a.*", "/.", "/a/b/?"]))
ROUTES = st.lists(st.tuples(st.lists(MATCHES, min_size=1, max_size=2), st.integers(-1, 1)), max_size=8)


@given(
    ROUTES,
    st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=4),
    st.sampled_from(["", "?q=1", "?q=22"]),
    st.sampled_from([b"GET", b"POST", b"PUT"]),
    st.fixed_dictionaries({}, optional={"host": st.sampled_from(["a.com", "x.a.com", "b.com"]), "h": st.just("1"), "i": st.just("2")}),
    st.randoms(use_true_random=False),
)  # fmt: skip
def test_the_index_finds_what_the_ladder_finds_whatever_the_order_of_lines(
    written: list[tuple[list[Match], int]],
    segments: list[str],
    query: str,
    method: bytes,
    headers: dict[str, str],
    rnd: random.Random,
) -> None:
    """The ladder tries every claim one by one; the index must never find another one."""
    routes = [route(f"r{n}", *matches, priority=priority) for n, (matches, priority) in enumerate(written)]
    request = head("/" + "/".join(segments) + query, method, **headers)
    index = matcher(*routes)
    by_ladder = next((rung.route for rung in index.ladder(request) if rung.why_not is None), None)
    assert index.match(request) is by_ladder
    rnd.shuffle(routes)
    assert matcher(*routes).match(request) is by_ladder


def test_the_ladder_says_why_each_match_does_not_hold() -> None:
    index = matcher(
        route("host", Match(path="/x", host="b.com")),
        route("method", Match(path="/x", methods=frozenset({"GET", "PUT"}))),
        route("path", Match(path="/y")),
        route("regex", Match(path_regex="/z.*")),
        route("header", Match(path="/{a}", conditions=(header("X-A", "1"),))),
        route("absent", Match(path="/{b}", conditions=(Condition(ConditionKind.COOKIE, "c", "*"),))),
        route("no regex", Match(path="/{c}", conditions=(Condition(ConditionKind.QUERY, "q", "~[0-9]"),))),
        route("yes", Match(path="/**")),
    )
    assert {rung.route.name: rung.why_not for rung in index.ladder(head("/x?q=a", b"POST", host="a.com", x_a="2"))} == {
        "host": "host is a.com, not b.com",
        "method": "method is POST, not GET or PUT",
        "path": "path is not /y",
        "regex": "path does not match /z.*",
        "header": 'header X-A is "2", not "1"',
        "absent": "cookie c is absent",
        "no regex": 'query q is "a", which ~[0-9] does not match',
        "yes": None,
    }


@given(st.binary(max_size=40))
def test_no_target_makes_matching_crash(target: bytes) -> None:
    index = matcher(*LADDER)
    for method in (b"GET", b"OPTIONS"):
        for prefix in (b"", b"/", b"http://a/", b"/%2e"):
            request = RequestHead.from_headers(method, prefix + target, [(b"Host", target), (b"Cookie", target)])
            try:
                found = index.match(request)
            except AmbiguousTarget:
                continue
            assert found is next((rung.route for rung in index.ladder(request) if rung.why_not is None), None)


def test_ten_thousand_routes_are_an_index_not_a_list() -> None:
    index = matcher(*(route(f"r{n}", Match(path=f"/s{n % 97}/r{n}/{{id}}")) for n in range(10_000)))
    seen = 0

    class Counted(bytes):
        def __eq__(self, other: object) -> bool:
            nonlocal seen
            seen += 1
            return bytes.__eq__(self, other)

        __hash__ = bytes.__hash__

    assert index.match(head("/s8/r9999/1"))
    request = head("/s8/r9999/1")
    request.method = Counted(b"GET")
    found = index.match(request)
    assert found is not None
    assert found.name == "r9999"
    assert seen < 10
