"""What the load sends: requests as a browser would, rendered once so that the load itself costs little."""

from __future__ import annotations

from dataclasses import dataclass

from bench.scene import route

IDENTITIES = 100

BROWSER_HEADERS = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept": "application/json, text/plain, */*",
    "Accept-Language": "en-GB,en;q=0.7,de;q=0.3",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Referer": "https://shop.example.com/account/orders?page=2",
    "Sec-Fetch-Dest": "empty",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Site": "same-origin",
    "Priority": "u=4",
    "Cache-Control": "no-cache",
}


@dataclass(frozen=True, slots=True)
class Requests:
    """``body``: bytes of a request body, ``chunked`` or with its length. ``close``: each on a connection of its own. ``answer``: which one of
    the origin's answers is asked for. ``prefix``: all below this path instead of those of the many routes."""

    method: str = "GET"
    body: int = 0
    chunked: bool = False
    close: bool = False
    answer: str = "1k"
    routes: int = 50
    prefix: str = ""


def rendered(requests: Requests) -> list[bytes]:
    """Every route, and many identities."""
    return [_one(requests, number) for number in range(1, IDENTITIES + 1)]


def _one(requests: Requests, number: int) -> bytes:
    prefix = requests.prefix or route(number * 7919 % requests.routes).prefix
    headers = {"Host": "shop.example.com", **BROWSER_HEADERS}
    headers["Cookie"] = f"theme=dark; session=s-{number * 104729}; consent=all"
    body = b"x" * requests.body
    if requests.close:
        headers["Connection"] = "close"
    if requests.body:
        headers["Content-Type"] = "application/octet-stream"
    if requests.chunked:
        headers["Transfer-Encoding"] = "chunked"
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    elif requests.body:
        headers["Content-Length"] = str(len(body))
    line = (
        f"{requests.method} {prefix}/{number * 7919}?expand=lines&page={number}&answer={requests.answer} HTTP/1.1\r\n"
    )
    return (line + "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n").encode() + body


def script(requests: Requests) -> str:
    """For wrk."""
    texts = ",\n".join(
        "  " + "".join(f"\\{byte:03}" if byte < 32 or byte in b'"\\' else chr(byte) for byte in one).join('""')
        for one in rendered(requests)
    )
    return f"""\
local requests, at = {{
{texts}
}}, 0
function request()
  at = at % #requests + 1
  return requests[at]
end
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('RESULT {{"requests":%d,"micros":%d,"failed":%d,"p50_us":%d,"p99_us":%d}}\\n',
    summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
"""
