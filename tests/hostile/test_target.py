"""Request line, path and host: http-promises.md section 7.3."""

from __future__ import annotations

import os
import random

import pytest

from tests.hostile.stage import Stage, case, is_clean, is_refused, passes, read_all
from tests.proxy.conftest import Origins, Proxies
from tests.proxy.wire import always, get, ok

HOST = b"\r\nHost: example.com\r\n\r\n"


def line(request_line: bytes) -> bytes:
    return request_line + HOST


def target(raw: bytes) -> bytes:
    return line(b"GET " + raw + b" HTTP/1.1")


def host(*lines: bytes) -> bytes:
    return b"GET / HTTP/1.1\r\n" + b"".join(b"Host: " + value + b"\r\n" for value in lines) + b"\r\n"


REFUSED = [
    case("a space in the target", "B61", target(b"/a b"), 400),
    case("a tab for a space", "B61", line(b"GET\t/\tHTTP/1.1"), 400),
    case("no target", "B61", line(b"GET HTTP/1.1"), 400),
    case("two spaces and no target", "B61", line(b"GET  HTTP/1.1"), 400),
    case("a space behind the version", "B61", line(b"GET / HTTP/1.1 "), 400),
    case("another host in the target", "B62", line(b"GET http://evil.example/ HTTP/1.1"), 400),
    case("another port in the target", "B62", line(b"GET http://example.com:99/ HTTP/1.1"), 400),
    case("a user in the target", "B62", line(b"GET http://evil@example.com/ HTTP/1.1"), 400),
    case("https on the plain port", "B63", line(b"GET https://example.com/ HTTP/1.1"), 421),
    case("http:/x", "B64", target(b"http:/x"), 400),
    case("http:///x", "B64", target(b"http:///x"), 400),
    case("example.com:80", "B64", target(b"example.com:80"), 400),
    case("ftp://example.com/", "B64", target(b"ftp://example.com/"), 400),
    case("file:///etc/passwd", "B64", target(b"file:///etc/passwd"), 400),
    case("a target without slash", "B64", target(b"x"), 400),
    case("GET *", "B65", target(b"*"), 400),
    case("OPTIONS */x", "B65", line(b"OPTIONS */x HTTP/1.1"), 400),
    *(
        case(raw.decode("latin-1"), ids, target(raw), 400)
        for ids, raws in {
            "B67": (b"/pub/../admin", b"/pub/./x", b"/pub/..", b"/..", b"/.", b"/../../etc/passwd"),
            "B68": (b"/pub/%2e%2e/admin", b"/pub/%2E./admin", b"/pub%2f..%2fadmin", b"/pub/..%5cadmin", b"/%2e"),
            "B71": (b"/pub;/../admin", b"/pub/..;/admin", b"/pub/..;x=1/admin"),
            "B72": (b"/pub\\..\\admin", b"/pub\\admin", b"/%5cadmin"),
            "B73": (b"/%c0%ae%c0%ae/admin", b"/pub%c0%afadmin"),
            "B74": (b"/%00", b"/a%00b", b"/\x01", b"/\x7f", b"/a\0b", b"/a\x0bb"),
            "B75": ("/caf\u00e9".encode(), b"/caf\xe9", b"/?q=caf\xe9"),
            "B76": (b"/a#b", b"/path?#frag", b"/a?b#c"),
        }.items()
        for raw in raws
    ),
    case("64 KiB of target", "B77 C7", target(b"/" + b"a" * 65_535), 414),
    case("a query of 20 KiB", "B77", target(b"/?" + b"a" * 20_000), 414),
    case("a method in lower case", "B80", line(b"get / HTTP/1.1"), 501),
    case("an unknown method", "B80", line(b"FOO / HTTP/1.1"), 501),
    case("a bracket in the method", "B80", line(b"G[T / HTTP/1.1"), 400),
    case("64 KiB of method", "B80", line(b"G" * 65_536 + b" / HTTP/1.1"), 400),
    case("NUL behind the method", "B80", line(b"GET\0 / HTTP/1.1"), 400),
    case("HTTP/0.9", "B81", b"GET /\r\n\r\n", 505),
    case("HTTP/0.9 with a head", "B81", line(b"GET / HTTP/0.9"), 505),
    case("HTTP/1.2", "B81", line(b"GET / HTTP/1.2"), 505),
    case("HTTP/2.0", "B81", line(b"GET / HTTP/2.0"), 505),
    case("HTTP/11.1", "B81", line(b"GET / HTTP/11.1"), 400),
    case("HTTP/1.10", "B81", line(b"GET / HTTP/1.10"), 400),
    case("HTTP/1", "B81", line(b"GET / HTTP/1"), 400),
    case("a version in lower case", "B81", line(b"GET / http/1.1"), 400),
    case("a version of full-width digits", "B81", line("GET / HTTP/1.\uff11".encode()), 400),
    case("another protocol", "B81", line(b"GET / ICE/1.0"), 501),
    case("the preface of HTTP/2", "B81 C12", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    case("no host", "B82", b"GET / HTTP/1.1\r\n\r\n", 400),
    case("two hosts", "B82", host(b"a", b"b"), 400),
    case("one host twice", "B82", host(b"a", b"a"), 400),
    *(
        case(f"host {raw.decode('latin-1')!r}", "B82", host(raw), 400)
        for raw in (
            b"", b" ", b"a, b", b"a,b", b"a/b", b"a?b", b"a#b", b"u@a", b"u:p@a", b"a:99999", b"a:9000:80", b"a:b",
            b"a:-1", b"[::1", b"::1", b"[::1]x", b"[x]", b"a b", b"a\x01b", b"a\xe9", b"a\\b", b"<a>", b"a:+80",
            b"http://a", b"[::1]:99999",
        )
    ),
    case("a TLS hello", "B86 C12", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xab" * 500, 400),
    case("random bytes", "B86 C12", random.Random(7).randbytes(2000), 400),
    case("text", "B86 C12", b"hello there\r\n\r\n", 501),
    case("an answer", "B86", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 400),
    case("SMTP", "B86", b"EHLO example.com\r\nMAIL FROM:<a@example.com>\r\n", 501),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "status"), REFUSED)
async def test_what_could_be_read_in_two_ways_is_refused(stage: Stage, sent: bytes, status: int) -> None:
    await is_refused(stage, sent, status)


PASSED = [
    *(
        case(raw.decode("latin-1")[:40], ids, raw)
        for ids, raws in {
            "B62": (b"http://example.com/", b"http://EXAMPLE.com/x?y", b"http://example.com", b"HTTP://example.com/x"),
            "B66": (b"//admin/x", b"///", b"//"),
            "B68": (b"/a%2fb", b"/a%2Fb/c", b"/.well-known/x", b"/a/..b", b"/a/b..", b"/...", b"/a.b", b"/.a"),
            "B70": (b"/%252e%252e/admin", b"/%2561dmin", b"/%61dmin"),
            "B71": (b"/admin;x=1", b"/pub..;/admin", b"/;a", b"/a;b=c;d/e"),
            "B73": (b"/%zz", b"/%", b"/%u002e", b"/100%"),
            "B74": (b"/%0d%0aX:%20y", b"/%01", b"/%7f", b"/?q=%00"),
            "B75": (b"/caf%C3%A9", b"/%e9", b"/%ff"),
            "B77": (b"/" + b"a" * 8191, b"/" + b"a" * 16_383),
            "B78": (b"/?a=1;b=2", b"/?a=%ff", b"/?a&a=", b"/?", b"/??", b"/?a=b?c=/../d", b"/?" + b"a=1&" * 4000),
            "B79": (b"/Admin", b"/admin/", b"/admin.", b"/ADMIN"),
            "B61": (b"/a'b(c)*!$&+,;=:@~-_.|^`{}\"<>[]",),
        }.items()
        for raw in raws
    ),
]


@pytest.mark.parametrize("raw", PASSED)
async def test_an_unusual_target_arrives_byte_for_byte(stage: Stage, raw: bytes) -> None:
    await passes(stage, target(raw), b"GET " + raw)


METHODS = (
    b"ACL BIND CHECKOUT COPY DELETE GET HEAD LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL MOVE NOTIFY OPTIONS PATCH POST "
    b"PROPFIND PROPPATCH PURGE PUT QUERY REBIND REPORT SEARCH SUBSCRIBE UNBIND UNLINK UNLOCK UNSUBSCRIBE"
).split()


@pytest.mark.promise("B80")
@pytest.mark.parametrize("method", METHODS, ids=bytes.decode)
async def test_registered_methods_pass(stage: Stage, method: bytes) -> None:
    await passes(stage, method + b" /x HTTP/1.1" + HOST, method + b" /x")


@pytest.mark.promise("B65")
async def test_options_for_the_whole_server_pass(stage: Stage) -> None:
    await passes(stage, line(b"OPTIONS * HTTP/1.1"), b"OPTIONS *")


HOSTS = [
    case(raw.decode(), "B82 B83 B84", raw)
    for raw in (
        b"UPPER.Example.", b"example.com.", b"example.com:80", b"example.com:", b"a", b"a_b", b"a-b.c", b"192.0.2.7:8080",
        b"[::1]", b"[::1]:80", b"[2001:db8::7]:8080", b"xn--bcher-kva.example", b"unknown.example", b"a:65535", b"%C3%A9.example",
    )
]  # fmt: skip


@pytest.mark.parametrize("raw", HOSTS)
async def test_an_unusual_host_arrives_byte_for_byte(stage: Stage, raw: bytes) -> None:
    (seen, *_) = await passes(stage, host(raw), b"GET /")
    assert b"Host: " + raw in seen.lines()
    assert b"X-Forwarded-Host: " + raw in seen.lines()


@pytest.mark.promise("B82")
async def test_blanks_around_a_host_are_not_part_of_it(stage: Stage) -> None:
    await passes(
        stage, b"GET http://example.com/ HTTP/1.1\r\nHost: \texample.com \t\r\n\r\n", b"GET http://example.com/"
    )


@pytest.mark.promise("B62")
async def test_the_default_port_may_be_left_out_on_either_side(stage: Stage) -> None:
    await passes(stage, b"GET http://a/ HTTP/1.1\r\nHost: a:80\r\n\r\n", b"GET http://a/")


@pytest.mark.promise("B83")
@pytest.mark.parametrize("raw", [b"shop.example", b"SHOP.Example.", b"shop.example:80", b"shop.example.:8080"])
async def test_one_host_has_one_route_however_it_is_written(origin: Origins, proxy: Proxies, raw: bytes) -> None:
    legacy, shop = await origin(always(ok(b"legacy"))), await origin(always(ok(b"shop")))
    running = await proxy(
        f"version: 1\nbackends:\n  legacy: {{ url: 'http://127.0.0.1:{legacy.port}' }}\n"
        f"  shop: {{ url: 'http://127.0.0.1:{shop.port}' }}\n"
        "routes:\n  - { name: shop, match: { host: shop.example, path: /** }, backend: shop }\n"
    )
    client = await running.connect()
    await client.send(host(raw))
    assert (await client.read_answer())[2] == b"shop"
    await client.send(host(b"unknown.example"))
    assert (await client.read_answer())[2] == b"legacy"


BYPASSES = [
    case(raw.decode("latin-1"), ids, raw)
    for ids, raws in {
        "B66": (b"//admin/x", b"/%2fadmin/x"),
        "B69": (b"/api../admin", b"/api%2e%2e/admin", b"/pub..;/admin"),
        "B70": (b"/%2561dmin/x", b"/%2e%2fadmin/x"),
        "B79": (b"/Admin/x", b"/admin%20/x", b"/adm/in"),
    }.items()
    for raw in raws
]


@pytest.mark.parametrize("raw", BYPASSES)
async def test_what_is_not_the_path_of_a_route_does_not_take_it(origin: Origins, proxy: Proxies, raw: bytes) -> None:
    """Either refused, or read as another path: never the new side by a path that it could read as its own."""
    legacy, admin = await origin(always(ok(b"legacy"))), await origin(always(ok(b"admin")))
    running = await proxy(
        f"version: 1\nbackends:\n  legacy: {{ url: 'http://127.0.0.1:{legacy.port}' }}\n"
        f"  admin: {{ url: 'http://127.0.0.1:{admin.port}' }}\n"
        "routes:\n  - { name: admin, match: { path: /admin/** }, backend: admin }\n"
    )
    client = await running.connect()
    await client.send(target(raw))
    status, _, body = await client.read_answer()
    assert status == 400 or body == b"legacy"
    assert admin.heads == []


@pytest.mark.promise("B70")
async def test_a_path_is_decoded_once_for_matching(origin: Origins, proxy: Proxies) -> None:
    legacy, admin = await origin(always(ok(b"legacy"))), await origin(always(ok(b"admin")))
    running = await proxy(
        f"version: 1\nbackends:\n  legacy: {{ url: 'http://127.0.0.1:{legacy.port}' }}\n"
        f"  admin: {{ url: 'http://127.0.0.1:{admin.port}' }}\n"
        "routes:\n  - { name: admin, match: { path: /admin/** }, backend: admin }\n"
    )
    client = await running.connect()
    await client.send(target(b"/%61dmin/x"))
    assert (await client.read_answer())[2] == b"admin"
    assert admin.heads[0].startswith(b"GET /%61dmin/x HTTP/1.1\r\n")


@pytest.mark.promise("B86")
async def test_empty_lines_before_a_request_are_skipped(stage: Stage) -> None:
    await passes(stage, b"\r\n" * 10 + get(b"/x"), b"GET /x")


@pytest.mark.promise("B86")
async def test_an_empty_line_between_requests_is_skipped(stage: Stage) -> None:
    await passes(stage, get(b"/1") + b"\r\n" + get(b"/2"), b"GET /1", b"GET /2")


@pytest.mark.promise("B86", "C3")
async def test_who_says_nothing_is_sent_away_without_a_word(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(always(ok()))
    running = await proxy(
        f"version: 1\nbackends:\n  legacy: {{ url: 'http://127.0.0.1:{backend.port}' }}\nlimits: {{ head_time: 100ms }}\n"
    )
    assert await (await running.connect()).read_to_end() == b""
    assert running.count("strangler_refused") == 0


@pytest.mark.promise("B86")
async def test_endless_empty_lines_are_no_head_and_end(stage: Stage) -> None:
    """They are skipped, but the time for a head runs on."""
    client = await stage.send(b"\r\n" * 200_000)
    client.writer.write_eof()
    assert await read_all(client) == b""
    await is_clean(stage)


@pytest.mark.promise("B74", "B86")
async def test_no_random_bytes_bring_anything_about(stage: Stage) -> None:
    for _ in range(50):
        client = await stage.send(os.urandom(400) + b"\r\n\r\n")
        received = await read_all(client)
        assert received.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 501 "))
    assert stage.raw == b""
    await is_clean(stage)
