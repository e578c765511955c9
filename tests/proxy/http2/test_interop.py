"""Clients that other people wrote: curl and nghttp2's own, over plain TCP with prior knowledge."""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path

import pytest

from bench.programs import require
from tests.proxy.conftest import Origins, to_legacy
from tests.proxy.http2.conftest import Http2Proxies
from tests.proxy.wire import OriginConnection, always, ok

pytestmark = pytest.mark.heavy

LARGE = 3_000_000
ANSWERS = 3_000


@pytest.fixture(scope="module", autouse=True)
def programs() -> None:
    """Installed if we are root on Debian; else the message says what to install."""
    try:
        require({"curl": "curl", "nghttp": "nghttp2-client", "h2load": "nghttp2-client"})
    except SystemExit as missing:
        pytest.skip(str(missing))


async def run(program: str, *arguments: str) -> str:
    path = shutil.which(program)
    assert path is not None
    process = await asyncio.create_subprocess_exec(
        path, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(30):
        said, _ = await process.communicate()
    text = said.decode(errors="replace")
    assert process.returncode == 0, text
    return text


async def echo(connection: OriginConnection) -> None:
    """Answers with the method and the size of the body."""
    while True:
        head = await connection.read_head()
        length = re.search(rb"(?i)content-length: (\d+)", head)
        size = 0
        if length:
            size = len(await connection.read_exactly(int(length[1])))
        elif b"chunked" in head:
            while line := await connection.read_until(b"\r\n"):
                piece = int(line, 16)
                await connection.read_exactly(piece + 2)
                size += piece
                if not piece:
                    break
        await connection.send(ok(b"%b %d" % (head.split(b" ")[0], size)))


async def curl(*arguments: str) -> str:
    return await run("curl", "-sS", "--http2-prior-knowledge", *arguments)


async def test_curl_downloads_uploads_and_asks_for_heads(origin: Origins, http2: Http2Proxies, tmp_path: Path) -> None:
    echoing, large = await origin(echo), await origin(always(ok(bytes(LARGE))))
    small, big = await http2(to_legacy(echoing.port)), await http2(to_legacy(large.port))
    url = f"http://127.0.0.1:{small.port}/"
    body = tmp_path / "body"
    body.write_bytes(bytes(LARGE))
    assert await curl("-w", " %{http_version} %{http_code}", url) == "GET 0 2 200"
    assert await curl("--data-binary", f"@{body}", url) == f"POST {LARGE}"
    assert await curl("-T", str(body), "-H", "Expect:", url + "x") == f"PUT {LARGE}"
    assert await curl("-T", "-", "-H", "Transfer-Encoding: chunked", url + "y") == "PUT 0"
    assert (await curl("-I", url)).startswith("HTTP/2 200")
    written = ["-o", "/dev/null", "-w", "%{http_version} %{http_code} %{size_download}"]
    assert await curl(*written, f"http://127.0.0.1:{big.port}/") == f"2 200 {LARGE}"


async def test_curl_sees_a_refusal_and_a_cut_answer(origin: Origins, http2: Http2Proxies) -> None:
    async def cut(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello")

    backend = await origin(cut)
    both = await http2(to_legacy(backend.port))
    refused = await curl("-w", "%{http_code}", "--path-as-is", f"http://127.0.0.1:{both.port}/a/../b")
    assert '"request_id"' in refused
    assert refused.endswith("400")
    with pytest.raises(AssertionError, match="INTERNAL_ERROR"):
        await curl(f"http://127.0.0.1:{both.port}/")


async def test_nghttp_has_many_streams_and_its_trailers(origin: Origins, http2: Http2Proxies, tmp_path: Path) -> None:
    backend = await origin(echo)
    both = await http2(to_legacy(backend.port))
    body = tmp_path / "body"
    body.write_bytes(bytes(100_000))
    said = await run("nghttp", "-nv", "-m", "90", f"http://127.0.0.1:{both.port}/")
    assert len(re.findall(r"recv .*:status: 200", said)) == 90
    assert "error_code=NO_ERROR" in said
    said = await run("nghttp", "-v", f"--data={body}", "--trailer", "x-sum: 1", f"http://127.0.0.1:{both.port}/")
    assert "POST 100000" in said
    assert "RST_STREAM" not in said


async def test_h2load_loses_no_request(origin: Origins, http2: Http2Proxies) -> None:
    backend = await origin(echo)
    both = await http2(to_legacy(backend.port))
    url = f"http://127.0.0.1:{both.port}/"
    said = await run("h2load", "-n", str(ANSWERS), "-c", "5", "-m", "50", url)
    assert f"{ANSWERS} succeeded, 0 failed, 0 errored, 0 timeout" in said
    assert both.running.count("strangler_requests", status_class="2xx") == ANSWERS
    assert both.running.count("strangler_refused") == 0
    said = await run("h2load", "--h1", "-n", "300", "-c", "5", url)
    assert "300 succeeded" in said
