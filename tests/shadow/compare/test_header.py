"""Headers compared by what they mean."""

from __future__ import annotations

import pytest

from shadow.compare import Origins, compare
from shadow.model import Answer
from tests.shadow.answers import NO_RULES, TODAY, compared, found, rules


def with_lines(name: str, *lines: str) -> Answer:
    return Answer(200, [(name.encode(), line.encode("latin-1")) for line in lines], b"")


def differs(name: str, control: tuple[str, ...], candidate: tuple[str, ...]) -> bool:
    by = rules(headers=(name,))
    return bool(compared(with_lines(name, *control), with_lines(name, *candidate), by).differences)


@pytest.mark.parametrize(
    ("name", "control", "candidate"),
    [
        ("content-type", ("application/json",), ("Application/JSON; charset=UTF-8",)),
        ("content-type", ("text/html;charset=utf-8;a=b",), ('text/html; a="b" ; Charset="UTF-8"',)),
        ("cache-control", ("no-store, max-age=0",), ("max-age=0", "No-Store")),
        ("vary", ("Accept, Cookie",), ("cookie,accept",)),
        ("allow", ("GET, POST",), ("POST,GET",)),
        ("etag", ('"a"',), ('"b"',)),
        ("last-modified", ("Thu, 01 Jan 1970 00:00:00 GMT",), ("Fri, 02 Jan 1970 00:00:00 GMT",)),
        ("set-cookie", ("a=1; Path=/; HttpOnly", "b=2"), ("b=3", "a=4; httponly; path=/")),
        ("set-cookie", ("a=1; Max-Age=60; Expires=x",), ("a=1; max-age=61; expires=y",)),
        ("www-authenticate", ("Basic", "Bearer"), ("Bearer", "Basic")),
        ("x-anything", (" a ",), ("a",)),
    ],
)
def test_what_means_the_same_is_the_same(name: str, control: tuple[str, ...], candidate: tuple[str, ...]) -> None:
    assert not differs(name, control, candidate)


@pytest.mark.parametrize(
    ("name", "control", "candidate"),
    [
        ("content-type", ("application/json",), ("text/html",)),
        ("content-type", ("text/html",), ("text/html; charset=utf-8",)),
        ("content-type", ("application/json",), ("application/json; charset=latin1",)),
        ("content-type", ("multipart/form-data; type=A",), ("multipart/form-data; type=a",)),
        ("cache-control", ("no-store",), ("no-store, private",)),
        ("cache-control", ('private="A"',), ('private="a"',)),
        ("allow", ("GET",), ("get",)),
        ("etag", ('"a"',), ()),
        ("location", ("/a",), ("/b",)),
        ("set-cookie", ("a=1; HttpOnly",), ("a=1",)),
        ("set-cookie", ("a=1",), ("a=",)),
        ("set-cookie", ("a=1; Max-Age=60",), ("a=1; Max-Age=0",)),
        ("set-cookie", ("a=1; Path=/A",), ("a=1; Path=/a",)),
        ("x-anything", ("a",), ("A",)),
        ("x-anything", ("a", "a"), ("a",)),
    ],
)
def test_what_means_something_else_differs(name: str, control: tuple[str, ...], candidate: tuple[str, ...]) -> None:
    assert differs(name, control, candidate)


@pytest.mark.parametrize(
    ("control", "candidate", "equal"),
    [
        ("http://10.0.0.1:8000/login?next=/", "/login?next=/", True),
        ("http://10.0.0.1:8000/a", "http://NEW.internal/a", True),
        ("http://10.0.0.1:8000", "http://new.internal:80/", True),
        ("http://10.0.0.1:8000/a", "http://new.internal:81/a", False),
        ("http://public.example/a", "http://public.example/a", True),
        ("http://public.example/a", "/a", False),
        ("http://new.internal/a", "/a", False),
        ("http://[::1/", "http://[::1/", True),
    ],
)
def test_a_backends_own_address_in_a_location_means_here(control: str, candidate: str, equal: bool) -> None:
    origins = Origins(("http://10.0.0.1:8000",), ("http://new.internal",))
    left, right = with_lines("Location", control), with_lines("Location", candidate)
    assert (not compare(left, right, NO_RULES, today=TODAY, origins=origins).differences) is equal


def test_an_address_with_a_tab_in_it_is_nobodys_address() -> None:
    left = with_lines("Location", "http:/\t/127.0.0.1:9000/a")
    origins = Origins(("http://127.0.0.1:9000",), ("http://127.0.0.1:9001",))
    assert not compare(left, left, NO_RULES, today=TODAY, origins=origins).differences
    right = with_lines("Location", "http:/\t/127.0.0.1:9000/b")
    assert [one.path for one in compare(left, right, NO_RULES, today=TODAY, origins=origins).differences] == [
        "header:location"
    ]


def test_the_same_address_of_one_backend_means_here_to_one_and_there_to_the_other() -> None:
    both = with_lines("Location", "http://127.0.0.1:9000/a")
    origins = Origins(("http://127.0.0.1:9000",), ("http://127.0.0.1:9001",))
    assert [one.path for one in compare(both, both, NO_RULES, today=TODAY, origins=origins).differences] == [
        "header:location"
    ]


def test_only_chosen_headers_are_compared() -> None:
    left = Answer(200, [(b"Server", b"old"), (b"Date", b"1"), (b"X-A", b"1")], b"")
    right = Answer(200, [(b"server", b"new"), (b"X-A", b"2"), (b"X-B", b"2")], b"")
    assert found(compared(left, right)) == []
    assert found(compared(left, right, rules(headers=("X-A", "x-b")))) == [
        ("header:x-a", "values_changed"),
        ("header:x-b", "dictionary_item_added"),
    ]


def test_bytes_that_are_no_text_and_unclosed_quotes_are_compared_too() -> None:
    for value in (b"\xff\xfe", b'a="' + b'\\"' * 30_000, b'"' * 60_000, b"," * 60_000):
        for name in (b"Cache-Control", b"Content-Type", b"Set-Cookie", b"Location"):
            left, right = Answer(200, [(name, value)], b""), Answer(200, [(name, value + b"x")], b"")
            compared(left, right, rules(headers=(name.decode(),)))
