"""``strangler serve --legacy URL`` changes nothing: what httpbin answers directly is what it answers through the proxy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.instance import running
from tests.integration.wire import RawAnswer, RawRequest, Wire

pytestmark = pytest.mark.heavy

HOST = "shop.example.test"

PER_CONNECTION = {b"connection", b"keep-alive", b"transfer-encoding"}
"""Fields about one connection, not about the answer (RFC 9110 section 7.6.1); each side of a proxy has its own."""

TIME = {b"date"}
"""Says when; the two requests are not sent in the same second."""

AS_THE_PROXY_SETS = (("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-Proto", "http"), ("X-Forwarded-Host", HOST))
"""Sent with the direct request, so that echoing endpoints echo the same: the proxy adds these, by design."""

FORM = (("Content-Type", "application/x-www-form-urlencoded"),)
JSON = (("Content-Type", "application/json"),)
MULTIPART = (("Content-Type", "multipart/form-data; boundary=x"),)
UPLOAD = (
    b'--x\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n'
    b"Content-Type: application/octet-stream\r\n\r\n\x00\x01\xff\xfe binary\r\n--x--\r\n"
)
CHUNKED = (("Transfer-Encoding", "chunked"), ("Content-Type", "application/json"))


def get(target: str, *headers: tuple[str, str]) -> RawRequest:
    return RawRequest("GET", target, headers)


SAME = (
    get("/"),
    get("/legacy"),
    get("/get"),
    get("/get?a=1&a=2&empty=&unicode=%C3%A9&plus=a+b&slash=a%2Fb"),
    get("/get", ("X-Many", "1"), ("X-Many", "2"), ("x-lower-Case", "kept")),
    get("/headers", ("Accept-Language", "de-DE,de;q=0.9"), ("X-Empty", ""), ("X-Latin", "caf\xe9")),
    get("/ip"),
    get("/user-agent", ("User-Agent", "Mozilla/5.0 (strangler)")),
    get("/anything/some/deep/path?x=%20y"),
    get("/anything/a%2Fb%3Fc"),
    get("/anything//double//slashes"),
    get("/anything/" + "long" * 500),
    get("/html"),
    get("/xml"),
    get("/json"),
    get("/robots.txt"),
    get("/deny"),
    get("/encoding/utf8"),
    get("/forms/post"),
    get("/gzip", ("Accept-Encoding", "gzip")),
    get("/deflate", ("Accept-Encoding", "deflate")),
    get("/brotli", ("Accept-Encoding", "br")),
    get("/stream/20"),
    get("/stream/1"),
    get("/stream-bytes/5000?seed=1&chunk_size=777"),
    get("/bytes/0"),
    get("/bytes/1?seed=5"),
    get("/bytes/100000?seed=7"),
    get("/range/1024"),
    get("/range/1024", ("Range", "bytes=100-199")),
    get("/range/1024", ("Range", "bytes=5000-")),
    get("/drip?duration=0.3&numbytes=6&delay=0"),
    get("/delay/0.2"),
    get("/base64/c3RyYW5nbGVy"),
    get("/image", ("Accept", "image/png")),
    get("/image", ("Accept", "text/html")),
    get("/image/png"),
    get("/image/jpeg"),
    get("/image/webp"),
    get("/image/svg"),
    *(get(f"/status/{code}") for code in (200, 201, 204, 206, 300, 301, 302, 303, 304, 307, 308)),
    *(get(f"/status/{code}") for code in (400, 401, 402, 403, 404, 405, 406, 407, 410, 418, 429, 451)),
    *(get(f"/status/{code}") for code in (500, 501, 502, 503, 504, 599)),
    get("/redirect/3"),
    get("/relative-redirect/2"),
    get("/absolute-redirect/2"),
    get("/redirect-to?url=http%3A%2F%2Felsewhere.test%2F&status_code=307"),
    get("/cookies", ("Cookie", "a=1; b=two"), ("Accept", "*/*")),
    get("/cookies/set?one=1&two=2"),
    get("/cookies/set/name/value"),
    get("/cookies/delete?one="),
    get("/basic-auth/user/secret"),
    get("/basic-auth/user/secret", ("Authorization", "Basic dXNlcjpzZWNyZXQ=")),
    get("/hidden-basic-auth/user/secret"),
    get("/bearer"),
    get("/bearer", ("Authorization", "Bearer abc.def")),
    get("/cache", ("If-None-Match", "anything")),
    get("/cache/60"),
    get("/etag/abc"),
    get("/etag/abc", ("If-None-Match", '"abc"')),
    get("/etag/abc", ("If-Match", '"other"')),
    get("/response-headers?X-One=1&X-One=2&Server=mine"),
    get("/links/5/2"),
    get("/no/such/page"),
    RawRequest("HEAD", "/get"),
    RawRequest("HEAD", "/image/png"),
    RawRequest("HEAD", "/stream/5"),
    RawRequest("HEAD", "/status/404"),
    RawRequest("OPTIONS", "/get", (("Origin", "https://shop.test"), ("Access-Control-Request-Headers", "x-a"))),
    RawRequest("POST", "/post", FORM, b"a=1&b=%C3%A9&a=2"),
    RawRequest("POST", "/post", JSON, '{"n": 1.0, "s": "é", "big": 123456789012345678901234567890}'.encode()),
    RawRequest("POST", "/post", MULTIPART, UPLOAD),
    RawRequest("POST", "/post", (("Content-Type", "application/octet-stream"),), bytes(range(256)) * 40),
    RawRequest("POST", "/post", (), b""),
    RawRequest("POST", "/post", CHUNKED, b'7\r\n{"a": 1\r\n1\r\n}\r\n0\r\n\r\n'),
    RawRequest("POST", "/get"),
    RawRequest("PUT", "/put", JSON, b"[1, 2, 3]"),
    RawRequest("PATCH", "/patch", JSON, b'{"a": null}'),
    RawRequest("DELETE", "/delete?id=7"),
    RawRequest("DELETE", "/anything/7", JSON, b'{"why": "gone"}'),
    RawRequest("GET", "/get", (), None, "1.0"),
    RawRequest("GET", "/stream/3", (), None, "1.0"),
)

VARYING = (get("/uuid"), get("/cache"), get("/digest-auth/auth/user/secret"), get("/stream-bytes/64"))
"""Different at every call, with or without a proxy: status and names of the headers are compared."""


@pytest.fixture(scope="module")
def proxy(httpbin: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with running(tmp_path_factory.mktemp("transparent"), "--legacy", f"http://127.0.0.1:{httpbin}") as instance:
        yield instance.port


@pytest.fixture(scope="module")
def direct_wire(httpbin: int) -> Iterator[Wire]:
    with Wire(httpbin) as wire:
        yield wire


@pytest.fixture(scope="module")
def proxy_wire(proxy: int) -> Iterator[Wire]:
    with Wire(proxy) as wire:
        yield wire


def named(request: RawRequest) -> str:
    return f"{request.method} {request.target[:50]}"


def comparable(answer: RawAnswer) -> list[tuple[bytes, bytes]]:
    """Names and values in order, with the letter case as sent."""
    return [(name, value) for name, value in answer.headers if name.lower() not in PER_CONNECTION | TIME]


@pytest.mark.parametrize("request_", SAME, ids=named)
def test_status_headers_and_body_are_the_same_through_the_proxy(
    request_: RawRequest, direct_wire: Wire, proxy_wire: Wire
) -> None:
    direct = direct_wire.ask(request_.encode(HOST, AS_THE_PROXY_SETS))
    proxied = proxy_wire.ask(request_.encode(HOST))
    assert (proxied.status, proxied.reason) == (direct.status, direct.reason)
    assert comparable(proxied) == comparable(direct)
    assert proxied.body == direct.body


@pytest.mark.parametrize("request_", VARYING, ids=named)
def test_what_varies_by_itself_keeps_its_status_and_headers(
    request_: RawRequest, direct_wire: Wire, proxy_wire: Wire
) -> None:
    direct = direct_wire.ask(request_.encode(HOST, AS_THE_PROXY_SETS))
    proxied = proxy_wire.ask(request_.encode(HOST))
    assert proxied.status == direct.status
    assert [name for name, _ in comparable(proxied)] == [name for name, _ in comparable(direct)]
    assert len(proxied.body) == len(direct.body)


def test_there_are_at_least_fifty_requests() -> None:
    assert len(SAME) >= 50


def test_a_body_sent_after_100_continue_arrives(proxy: int) -> None:
    request = RawRequest("POST", "/post", (*JSON, ("Expect", "100-continue")), b'{"late": true}')
    with Wire(proxy) as wire:
        answer = wire.ask(request.encode(HOST))
    assert answer.status == 200
    assert b'"late": true' in answer.body


def test_a_hundred_requests_use_one_connection(proxy: int) -> None:
    with Wire(proxy) as wire:
        statuses = {wire.ask(get(f"/status/{200 + number % 2}").encode(HOST)).status for number in range(100)}
        assert statuses == {200, 201}
        assert wire.opened == 1


def test_every_request_is_counted(proxy: int, tmp_path: Path, httpbin: int) -> None:
    with (
        running(tmp_path, "--legacy", f"http://127.0.0.1:{httpbin}") as instance,
        Wire(instance.port) as wire,
    ):
        for _ in range(25):
            wire.ask(get("/status/204").encode(HOST))
        status, text = instance.admin("/metrics")
    assert status == 200
    counted = [line for line in text.decode().splitlines() if line.startswith("strangler_requests_total{")]
    assert sum(float(line.rsplit(" ", 1)[1]) for line in counted) == 25
