from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.curl import curl_line, redacted_names
from shadow.store import StoredBody, StoredRequest

BASE = "http://127.0.0.1:8080"


def request(method: str = "GET", target: str = "/a", body: str = "", **headers: str) -> StoredRequest:
    fields = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return StoredRequest(method, target, fields, StoredBody(body, len(body)))


def words_of(line: str) -> list[str]:
    """The arguments that bash would give to curl."""
    script = f'curl() {{ printf "%s\\0" "$@"; }}; {line}'
    output = subprocess.run(
        ["/bin/bash", "--norc", "-c", script], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"}
    )
    assert output.stderr == b""
    return output.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]


def test_a_request_is_repeated_with_its_method_headers_and_body() -> None:
    line = curl_line(request("POST", "/a?b=1&c=2", '{"x": 1}', Content_Type="application/json", X_Empty=""), BASE)
    assert words_of(line) == [
        *("-i", "--path-as-is", "-X", "POST", "-H", "Content-Type: application/json", "-H", "X-Empty;"),
        *("--data-binary", '{"x": 1}', f"{BASE}/a?b=1&c=2"),
    ]


def test_a_get_needs_no_method_and_head_has_its_own_option() -> None:
    assert words_of(curl_line(request(), BASE)) == ["-i", "--path-as-is", f"{BASE}/a"]
    assert "--head" in words_of(curl_line(request("HEAD"), BASE))


def test_an_answer_that_may_come_compressed_is_unpacked_for_the_reader() -> None:
    words = words_of(curl_line(request(Accept_Encoding="gzip, br"), BASE))
    assert words[2:] == ["--compressed", "-H", "Accept-Encoding: gzip, br", f"{BASE}/a"]


def test_fields_that_the_proxy_or_curl_sets_are_left_out() -> None:
    line = curl_line(
        request(
            Host="shop", X_Forwarded_For="1.2.3.4", X_Request_Id="7", X_Shadow="1", Content_Length="0", Via="1.1 x"
        ),
        BASE,
    )
    assert "-H" not in words_of(line)


@pytest.mark.parametrize(
    "hostile",
    ["it's", "$(touch /tmp/x)", "`id`", "a;b|c&d>e", 'back\\slash "quoted"', "!history", "\x1b]0;owned\x07", "\u202e"],
)
def test_nothing_in_a_request_can_command_the_shell_or_the_terminal(hostile: str) -> None:
    line = curl_line(request("POST", f"/{hostile}", f"body {hostile}", X_Note=hostile), BASE)
    assert line.isprintable()
    assert words_of(line)[-1] == f"{BASE}/{hostile}"
    assert f"X-Note: {hostile}" in words_of(line)


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=30))
def test_the_shell_gives_back_what_was_recorded(text: str) -> None:
    line = curl_line(request(body=text), BASE)
    assert line.isprintable()
    assert words_of(line)[-2] == text


def test_redacted_fields_are_named() -> None:
    headers = [("Accept", "*/*"), ("Cookie", "session=redacted-0f31b473c7")]
    assert redacted_names(headers) == ["Cookie"]
