"""Header fields: http-promises.md section 7.4. What is broken is refused, what belongs to one hop or lies about the way is dropped, all
else arrives byte for byte."""

from __future__ import annotations

import asyncio
import logging

import pytest

from tests.hostile.stage import Seen, Stage, case, is_clean, is_refused, passes, read_all, within_bounds
from tests.proxy.conftest import Origins, Proxies
from tests.proxy.wire import always, get, ok


def fields(*lines: bytes) -> bytes:
    return b"GET / HTTP/1.1\r\nHost: example.com\r\n" + b"".join(one + b"\r\n" for one in lines) + b"\r\n"


REFUSED = [
    *(
        case(repr(raw)[2:-1], ids, fields(raw), 400)
        for ids, raws in {
            "B87": (
                b"X: a\rb", b"X: a\nb", b"X: a\0b", b"X: a\x07b", b"X: a\x1bb", b"X: a\x7fb", b"X\rY: 1", b"X\nY: 1",
                b"X: a\r\r", b"X: \r", b"X: 1\n", b"X\0: 1", b"X: a\x0bb",
            ),
            "B88": (
                b": x", b" : x", b"X-Bad[]: 1", b"X Y: 1", b"X\xc3\xa9: 1", b"X\xff: 1", b"no colon", b"X-A", b"X\t: 1",
                b"X(y): 1", b'"X": 1', b"X@Y: 1", b"X/Y: 1", b"X,Y: 1", b"{X}: 1", b"X=Y: 1", b"X?: 1", b"<X>: 1",
            ),
            "B89": (b"X: a\r\n b", b"X: a\r\n\tb", b"X: a\r\n  \r\nY: b", b"X: a\r\n \r\nY: b", b"X:\r\n a"),
        }.items()
        for raw in raws
    ),
    case("257 fields", "B90 C7", fields(*[b"a: b"] * 256), 431),
    case("5000 fields", "B90 C7", fields(*[b"a: b"] * 5000), 431),
    case("a field of 64 KiB", "B91 C7", fields(b"X: " + b"a" * 65_536), 431),
    case("a field of 1 MiB", "B91 C7", fields(b"X: " + b"a" * 2**20), 431),
    case("a name of 64 KiB", "B91", fields(b"X" * 65_536 + b": 1"), 431),
    case("a field without end", "B91", b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 200_000, 431),
    case("a name without end", "B91", b"GET / HTTP/1.1\r\nHost: x\r\nX" + b"a" * 200_000, 431),
    case("128 KiB of cookies", "B92", fields(*[b"Cookie: " + b"a" * 1000] * 128), 431),
    case("bare line feeds only", "B87", b"GET / HTTP/1.1\nHost: x\n\n", 400),
    case("a bare carriage return behind the request line", "B87", b"GET / HTTP/1.1\rHost: x\r\n\r\n", 400),
    case("a bare line feed behind the head", "B87", b"GET / HTTP/1.1\r\nHost: x\r\n\n", 400),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "status"), REFUSED)
async def test_broken_fields_are_refused(stage: Stage, sent: bytes, status: int) -> None:
    await is_refused(stage, sent, status)


@pytest.mark.promise("B91", "C7")
async def test_a_large_field_in_single_bytes_is_refused_and_costs_no_more_than_its_limit(stage: Stage) -> None:
    async with within_bounds(growth=4 * 2**20):
        client = await stage.send(b"GET / HTTP/1.1\r\nHost: x\r\nX: ")
        try:
            for _ in range(2**20):
                client.writer.write(b"a")
                await asyncio.sleep(0)
                if client.writer.transport.is_closing() or client.reader.at_eof() or client.reader._buffer:  # type: ignore[attr-defined]
                    break
        except ConnectionError:
            pass
        assert (await read_all(client)).startswith(b"HTTP/1.1 431 ")
    assert stage.raw == b""
    await is_clean(stage)


KEPT = [
    case(name, ids, lines)
    for ids, name, lines in (
        ("B101", "two Authorization lines", (b"Authorization: a", b"Authorization: b")),
        ("B101", "two Content-Type lines", (b"Content-Type: a/b", b"Content-Type: c/d")),
        ("B101 B92", "50 Cookie lines", tuple(b"Cookie: c%d=%d" % (n, n) for n in range(50))),
        ("B92", "5000 malformed cookies", (b"Cookie: " + b"=;;a b;,\x22;" * 5000,)),
        ("B102", "empty values", (b"X-A: ", b"X-B: ")),
        ("B102", "quotes and commas", (b'X-A: "a, b", c;d="e\\"f", , ,',)),
        ("B102", "UTF-8", (b"X-A: caf\xc3\xa9 \xf0\x9f\x8c\xb1",)),
        ("B102", "Latin-1", (b"X-A: caf\xe9 \xa0 \x80\xff",)),
        ("B102", "a tab within a value", (b"X-A: a\tb",)),
        ("B102", "every printable byte", (b"X-A: " + bytes(range(0x21, 0x7F)),)),
        ("B102", "every byte of a name", (b"!#$%&'*+-.^`|~09azAZ: 1",)),
        ("B102", "names that differ in case", (b"x-a: 1", b"X-A: 2", b"X-a: 3")),
        ("B103", "a thousand ranges", (b"Range: bytes=" + b",".join(b"%d-%d" % (n, n) for n in range(1000)),)),
        ("B98", "a method override", (b"X-HTTP-Method-Override: DELETE",)),
        ("B90", "255 fields", tuple(b"a%d: b" % n for n in range(255))),
        ("B91", "60 KiB in one field", (b"X-A: " + b"a" * 60_000,)),
        ("B101", "order and duplicates", (b"B: 2", b"A: 1", b"B: 3", b"A: 4")),
        ("B94", "credentials named in Connection", (b"Authorization: a", b"Cookie: b=c")),
        ("B102", "a colon in a value", (b"X-A: :a:b:", b"X-B: http://x/")),
        ("B97", "names with underscores", (b"X_Custom: 1", b"a_b_c: 2")),
        ("B102", "other fields that clients send", (
            b"Accept: */*", b"Accept-Encoding: gzip;q=1.0, identity; q=0.5, *;q=0", b"If-None-Match: W/\"a\", \"b\"",
            b"Pragma: no-cache", b"DNT: 1", b"Sec-Fetch-Site: none", b"Upgrade-Insecure-Requests: 1", b"Max-Forwards: 10",
            b"From: a@b.c", b"Referer: http://x/?y#z", b"Priority: u=1, i", b"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        )),
    )
]  # fmt: skip


@pytest.mark.parametrize("lines", KEPT)
async def test_unusual_fields_arrive_in_order_and_byte_for_byte(stage: Stage, lines: tuple[bytes, ...]) -> None:
    sent = [*lines, b"Connection: Authorization, Cookie"] if b"Authorization: a" in lines and len(lines) == 2 else lines
    (seen, *_) = await passes(stage, fields(*sent), b"GET /")
    assert own(seen) == list(lines)


def own(seen: Seen) -> list[bytes]:
    """The fields that the client sent, without Host and what the proxy adds."""
    return [
        one
        for one in seen.lines()
        if not one.lower().startswith((b"host:", b"x-forwarded-", b"via:", b"x-request-id:"))
    ]


DROPPED = [
    case(name, ids, lines, kept)
    for ids, name, lines, kept in (
        (
            "B94", "the framing named in Connection",
            (b"Connection: close-not, Host, Content-Length, Authorization, Cookie", b"Content-Length: 0", b"Authorization: a"),
            (b"Content-Length: 0", b"Authorization: a"),
        ),
        ("B95", "two Connection lines", (b"Connection: ", b"Connection: X-Hop", b"X-Hop: 1", b"X: 2"), (b"X: 2",)),
        ("B95", "a list with holes", (b"Connection: , ,X-Hop,,", b"x-hop: 1", b"X: 2"), (b"X: 2",)),
        (
            "B96", "fields of one hop",
            (b"Keep-Alive: timeout=5", b"Proxy-Connection: keep-alive", b"TE: gzip", b"Proxy-Authorization: Basic x", b"X: 2"),
            (b"X: 2",),
        ),
        ("B100", "httpoxy", (b"Proxy: http://evil", b"X: 2"), (b"X: 2",)),
        ("B99", "marks of our own", (b"X-Shadow: 1", b"x-shadow: 1", b"X_Shadow: 1", b"X: 2"), (b"X: 2",)),
        ("B98", "paths for frameworks", (b"X-Original-URL: /admin", b"X-Rewrite-URL: /admin", b"X: 2"), (b"X: 2",)),
        ("B97", "Forwarded", (b"Forwarded: for=127.0.0.1;proto=https", b"X-Real-IP: 127.0.0.1", b"X: 2"), (b"X: 2",)),
        ("B97", "aliases", (b"X_Forwarded_For: 1", b"x-forwarded_proto: https", b"X_Real_IP: 1", b"X: 2"), (b"X: 2",)),
        ("B56", "HTTP2-Settings", (b"HTTP2-Settings: AAMAAABkAAQ", b"X: 2"), (b"X: 2",)),
    )
]  # fmt: skip


@pytest.mark.parametrize(("lines", "kept"), DROPPED)
async def test_what_is_of_one_hop_or_not_the_clients_to_say_is_dropped(
    stage: Stage, lines: tuple[bytes, ...], kept: tuple[bytes, ...]
) -> None:
    (seen, *_) = await passes(stage, fields(*lines), b"GET /")
    assert own(seen) == list(kept)


@pytest.mark.promise("B93", "B97", "B98", "C11")
async def test_who_the_client_is_and_how_it_came_cannot_be_forged_or_removed(stage: Stage) -> None:
    forged = (b"X-Forwarded-For", b"X-Forwarded-Proto", b"X-Forwarded-Host", b"X-Forwarded-Port", b"X-Forwarded-Prefix")
    lines = [name + b": evil" for name in forged]
    named = b"Connection: " + b", ".join([*forged, b"Via", b"X-Request-Id", b"X-Real-IP"])
    (seen, *_) = await passes(stage, fields(*lines, named), b"GET /")
    got = dict(line.split(b": ", 1) for line in seen.lines())
    assert got[b"X-Forwarded-For"] == b"127.0.0.1"
    assert got[b"X-Forwarded-Proto"] == b"http"
    assert got[b"X-Forwarded-Host"] == b"example.com"
    assert got[b"Via"] == b"1.1 " + stage.proxy.live.pseudonym
    assert got[b"X-Request-Id"]
    assert b"evil" not in stage.raw


@pytest.mark.promise("B97")
async def test_a_list_of_a_thousand_addresses_is_replaced_or_shortened(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(always(ok()))
    table = f"version: 1\nbackends:\n  legacy: {{ url: 'http://127.0.0.1:{backend.port}' }}\n"
    running = await proxy(table + "defaults: { trusted_proxies: [127.0.0.1] }\n")
    client = await running.connect()
    await client.send(
        fields(b"X-Forwarded-For: " + b", ".join(b"10.1.%d.%d" % (n // 250, n % 250) for n in range(1000)))
    )
    assert (await client.read_answer())[0] == 200
    (line,) = (one for one in backend.heads[0].split(b"\r\n") if one.startswith(b"X-Forwarded-For: "))
    assert line.endswith(b", 10.1.3.248, 10.1.3.249, 127.0.0.1")
    assert len(line) < 2100


@pytest.mark.promise("B98", "B99")
async def test_what_the_client_says_about_the_path_does_not_route(origin: Origins, proxy: Proxies) -> None:
    legacy, admin = await origin(always(ok(b"legacy"))), await origin(always(ok(b"admin")))
    running = await proxy(
        f"version: 1\nbackends:\n  legacy: {{ url: 'http://127.0.0.1:{legacy.port}' }}\n"
        f"  admin: {{ url: 'http://127.0.0.1:{admin.port}' }}\n"
        "routes:\n  - { name: admin, match: { path: /admin/**, methods: [DELETE] }, backend: admin }\n"
        "  - { name: by-host, match: { path: /**, host: admin.example }, backend: admin }\n"
    )
    client = await running.connect()
    lies = [
        b"X-Original-URL: /admin/x",
        b"X-Rewrite-URL: /admin/x",
        b"X-HTTP-Method-Override: DELETE",
        b"X-Route: admin",
    ]
    await client.send(fields(*lies, b"X-Forwarded-Host: admin.example", b"X-Forwarded-Prefix: /admin"))
    assert (await client.read_answer())[2] == b"legacy"
    assert admin.heads == []


@pytest.mark.promise("B92")
async def test_thousands_of_bad_cookies_make_no_noise(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        await passes(stage, get(b"/", b"Cookie: " + b"\x80=\xff; ;;; a; =b;" * 3000), b"GET /")
    assert len([record for record in caplog.records if record.name.startswith("proxy")]) <= 1
