"""What every peer gets: the same origin, the same routes, the same requests."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path

ROUTES = 50
IDENTITIES = 100

ANSWER = (
    '{"id":4711,"status":"confirmed","currency":"EUR","total":128.5,"customer":{"id":"c-2081","name":"Ada Example",'
    '"tier":"gold"},"items":['
    + ",".join(
        f'{{"sku":"SKU-{n:05}","name":"Item number {n}","quantity":{n % 3 + 1},"price":{n}.25,"tags":["a","b"]}}'
        for n in range(9)
    )
    + '],"links":{"self":"/orders/4711","invoice":"/invoices/4711"}}'
)
"""About one kilobyte of JSON, as an API would answer."""

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
class Scene:
    """``directory`` is the peer's own. The two backends are the same origin behind two ports."""

    directory: Path
    port: int
    legacy_port: int
    candidate_port: int


def prefixes() -> list[str]:
    """The first part of each route's path: ``/api/r07/items``."""
    return [f"/api/r{number:02}/items" for number in range(ROUTES)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def load_script() -> str:
    """The wrk script: every route with many identities, requests rendered once so that the load costs little."""
    headers = "".join(f'  ["{name}"] = "{value}",\n' for name, value in BROWSER_HEADERS.items())
    return f"""\
local paths = {{ {", ".join(f'"{prefix}"' for prefix in prefixes())} }}
local headers = {{
{headers}  ["Host"] = "shop.example.com",
}}
local requests, at = {{}}, 0
function init()
  for identity = 1, {IDENTITIES} do
    local path = paths[identity % #paths + 1] .. "/" .. (identity * 7919) .. "?expand=lines&page=" .. identity
    headers["Cookie"] = "theme=dark; session=s-" .. (identity * 104729) .. "; consent=all"
    requests[identity] = wrk.format("GET", path, headers)
  end
end
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
