from __future__ import annotations

import json
from pathlib import Path

import pytest

from console.exits import Exit
from tests.console.conftest import Strangler

pytestmark = pytest.mark.usefixtures("routes_file")


def test_it_says_which_route_which_backend_and_why(strangler: Strangler) -> None:
    result = strangler("explain", "GET", "/search?q=1")
    assert result.exit_code == Exit.FINE
    assert "route       search, stage shadow" in result.stdout
    assert "answered by legacy" in result.stdout
    assert "copied to   orders" in result.stdout
    assert "the ladder, most specific first:" in result.stdout


def test_an_identity_says_when_it_moves(strangler: Strangler) -> None:
    document = json.loads(strangler("explain", "GET", "/orders/7", "--identity", "ada", "--format", "json").stdout)
    assert document["route"] == "order-read"
    assert document["backend"] in {"legacy", "orders"}
    assert 0 <= document["moves_at"] <= 1
    assert (document["moves_at"] < 0.2) == (document["backend"] == "orders")
    assert "moves       to the new side" in strangler("explain", "GET", "/orders/7", "--identity", "ada").stdout


def test_a_cookie_in_a_header_is_an_identity(strangler: Strangler) -> None:
    by_cookie = strangler("explain", "GET", "/orders/7", "-H", "Cookie: session=ada", "--format", "json")
    given = strangler("explain", "GET", "/orders/7", "--identity", "ada", "--format", "json")
    assert json.loads(by_cookie.stdout)["moves_at"] == json.loads(given.stdout)["moves_at"]
    assert json.loads(by_cookie.stdout)["identity_source"] == "cookie session"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("G T", "/"), "'G T' is no method"),
        (("GET", "/a b"), "a space is written %20"),
        (("GET", "/a\n"), "no client may send"),
    ],
)
def test_what_no_client_can_send_is_not_explained(strangler: Strangler, words: tuple[str, str], said: str) -> None:
    result = strangler("explain", *words)
    assert result.exit_code == Exit.USAGE
    assert said in result.stderr


def test_what_no_route_claims_goes_to_legacy(strangler: Strangler) -> None:
    result = strangler("explain", "get", "http://shop.example/unknown")
    assert "none claims it" in result.stdout
    assert "answered by legacy" in result.stdout


def test_a_whole_url_gives_the_host(strangler: Strangler, tmp_path: Path) -> None:
    (tmp_path / "hosts.yaml").write_text(
        "version: 1\nbackends: { legacy: { url: 'http://127.0.0.1:1' } }\n"
        "routes: [{ name: api, match: { host: api.example }, backend: legacy }]\n"
    )
    for url in ("http://api.example/x", "https://user:pw@api.example:8443/x#y", "http://api.example"):
        assert "route       api" in strangler("explain", "GET", url, "-c", "hosts.yaml").stdout
    assert "none claims it" in strangler("explain", "GET", "http://other.example/x", "-c", "hosts.yaml").stdout


def test_a_refused_request_is_a_finding(strangler: Strangler) -> None:
    result = strangler("explain", "GET", "/orders/%2e%2e/admin")
    assert result.exit_code == Exit.FINDINGS
    assert "refused, 400" in result.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["GET", "orders/7"], "begins with /"),
        (["GET", "http://[::1/x"], "is no URL"),
        (["GET", "http:///x"], "has no host"),
        (["GET", "/x", "-H", "no colon"], "is no header"),
        (["GET", "/x", "-H", "X: a\nb"], "is no header"),
    ],
)
def test_bad_usage_is_told(strangler: Strangler, words: list[str], says: str) -> None:
    result = strangler("explain", *words)
    assert result.exit_code == Exit.USAGE
    assert says in result.stderr


def test_a_bad_table_is_told_with_its_mistakes(strangler: Strangler, routes_file: Path) -> None:
    routes_file.write_text("version: 1\nbackend: {}\n")
    result = strangler("explain", "GET", "/")
    assert result.exit_code == Exit.FINDINGS
    assert "routes.yaml:2:1: error:" in result.stderr


def test_headers_may_come_from_the_environment_one_per_line(strangler: Strangler) -> None:
    result = strangler(
        "explain",
        "GET",
        "/orders/7",
        "--format",
        "json",
        env={"STRANGLER_HEADER": "X-A: 1\nCookie: session=ada lovelace"},
    )
    assert json.loads(result.stdout)["identity"] == "ada lovelace"


def test_a_path_with_bytes_that_are_no_text_is_shown_harmlessly(strangler: Strangler) -> None:
    result = strangler("explain", "GET", "/a\x1b[31m\udcff")
    assert result.exit_code == Exit.FINE
    assert "\x1b" not in result.stdout


def test_no_line_is_wider_than_the_terminal(strangler: Strangler, routes_file: Path) -> None:
    name = "a-name-as-long-as-people-give-them-when-nobody-stops-them"
    routes_file.write_text(
        "version: 1\nbackends: {legacy: {url: http://127.0.0.1:1}}\nroutes:\n"
        f"  - {{name: {name}, match: {{path: '/orders/{{id}}', methods: [POST, PUT]}}, backend: legacy}}\n"
    )
    result = strangler("explain", "GET", "/orders/7")
    assert name in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
