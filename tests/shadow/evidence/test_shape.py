from __future__ import annotations

import pytest

from proxy.model.message import RequestHead
from shadow.evidence.shape import MAX_PARAMETERS, MAX_VERSION, parameters_of, shape_of, status_class, version_of
from shadow.model import Answer, Shape


def head(target: bytes = b"/", *headers: tuple[bytes, bytes], method: bytes = b"GET") -> RequestHead:
    return RequestHead.from_headers(method, target, list(headers))


def shape(given: RequestHead, identity: str = "", status: str = "2xx") -> Shape:
    return shape_of(given, identity, status, str)


def test_a_shape_is_of_names_not_of_values() -> None:
    assert shape(head(b"/orders/7?size=10&page=2&page=3")) == shape(head(b"/orders/8?page=&size=1"))
    assert str(shape(head(b"/orders/7?size=10&page=2"))) == "GET ?page&size -> 2xx"
    assert str(shape(head(method=b"POST"), "anna", "4xx")) == "POST -> 4xx, signed in"


def test_who_says_whose_it_is_has_another_shape() -> None:
    assert shape(head(b"/", (b"AUTHORIZATION", b"Bearer x"))).signed_in
    assert shape(head(), "anna").signed_in
    assert not shape(head()).signed_in


@pytest.mark.parametrize(
    ("target", "names"),
    [
        (b"/", []),
        (b"/?", []),
        (b"/?&&", []),
        (b"/?a", [b"a"]),
        (b"/?b=1&a=2&b=3", [b"a", b"b"]),
        (b"/?=x", [b""]),
        (b"/?a=b?c=d", [b"a"]),
    ],
)
def test_names_of_parameters(target: bytes, names: list[bytes]) -> None:
    assert parameters_of(target) == names


def test_names_without_end_are_cut_and_bytes_that_are_no_text_are_shown() -> None:
    assert len(shape(head(b"/?" + b"&".join(b"p%d" % n for n in range(9999)))).parameters) == MAX_PARAMETERS
    assert shape(head(b"/?\xff=1")).parameters == "\\xff"


def test_names_are_redacted() -> None:
    assert shape_of(head(b"/?eyJhbGciOi=1"), "", "2xx", lambda _: "hidden").parameters == "hidden"


@pytest.mark.parametrize(("status", "name"), [(200, "2xx"), (404, "4xx"), (503, "5xx"), (999, "5xx")])
def test_classes_of_status(status: int, name: str) -> None:
    assert status_class(Answer(status, [], b"")) == name
    assert status_class(None) == "none"


def _plain(_: str, value: str) -> str:
    return value


def test_the_build_is_what_the_header_says_cut_and_redacted() -> None:
    answer = Answer(200, [(b"x-version", b"1.2.3"), (b"X-Version", b"other"), (b"X-Long", b"v" * 5000)], b"")
    assert version_of(answer, "X-Version", _plain) == "1.2.3"
    assert version_of(answer, "X-Long", _plain) == "v" * MAX_VERSION
    assert version_of(answer, "X-Version", lambda name, _: f"hidden as {name}") == "hidden as X-Version"
    assert (version_of(answer, "X-Other", _plain), version_of(answer, None, _plain), version_of(None, "X", _plain)) == (
        "",
        "",
        "",
    )
