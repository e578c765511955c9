"""The new service without its faults is httpbin; each fault changes exactly its own route."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from demo import processes
from demo.new_service import SLOW_SECONDS, Fault, make_app
from demo.traffic import Request, traffic

OURS = ("get", "cookies", "status", "json", "anything-read", "anything-write", "headers")
COMPARED = ("content-type", "location", "www-authenticate", "proxy-authenticate", "x-more-info")
AS_FORWARDED = {"Host": "shop.test", "X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "http", "Via": "1.1 x"}

pytestmark = pytest.mark.heavy


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str | None]
    body: bytes


@pytest.fixture(scope="module")
def httpbin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = processes.free_port()
    monolith = processes.monolith(port, tmp_path_factory.mktemp("httpbin"))
    try:
        monolith.wait_ready(f"http://127.0.0.1:{port}/status/200")
        yield f"http://127.0.0.1:{port}"
    finally:
        monolith.end()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


def some_of(*routes: str, each: int = 40) -> list[Request]:
    """The first requests of each kind that the demo sends."""
    everything = list(traffic())
    return [
        request
        for route in routes
        for request in [candidate for candidate in everything if candidate.route == route][:each]
    ]


async def ask(session: aiohttp.ClientSession, base: str, request: Request) -> Answer:
    async with session.request(
        request.method,
        URL(base + request.target, encoded=True),
        headers={**AS_FORWARDED, **request.headers},
        data=request.body or None,
        allow_redirects=False,
    ) as answer:
        return Answer(answer.status, {name: answer.headers.get(name) for name in COMPARED}, await answer.read())


async def both(
    session: aiohttp.ClientSession, httpbin: str, app: web.Application, requests: list[Request]
) -> list[tuple[Request, Answer, Answer]]:
    async with TestServer(app) as new:
        base = str(new.make_url("")).rstrip("/")
        return [
            (request, *await asyncio.gather(ask(session, httpbin, request), ask(session, base, request)))
            for request in requests
        ]


async def test_without_faults_every_answer_is_what_httpbin_answers(session: Any, httpbin: str) -> None:
    for request, control, candidate in await both(session, httpbin, make_app(faults=()), some_of(*OURS)):
        assert candidate == control, f"{request.method} {request.target}"


@pytest.mark.parametrize("code", [204, 301, 302, 303, 304, 305, 307, 400, 401, 404, 407, 418, 500, 503, "none"])
async def test_status_codes_come_with_the_headers_of_httpbin(session: Any, httpbin: str, code: object) -> None:
    request = Request("status", "GET", f"/status/{code}")
    for _, control, candidate in await both(session, httpbin, make_app(), [request]):
        assert candidate == control


async def test_forms_and_text_are_echoed_as_httpbin_echoes_them(session: Any, httpbin: str) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    requests = [
        Request("anything-write", "POST", "/anything/a", form, b"a=1&a=2&b=&c=%C3%A9"),
        Request("anything-write", "PUT", "/anything", {"Content-Type": "text/plain"}, "naïve".encode()),
        Request("anything-write", "DELETE", "/anything/x?y=1&show_env=1"),
    ]
    for request, control, candidate in await both(session, httpbin, make_app(faults=()), requests):
        assert json.loads(candidate.body) == json.loads(control.body), request.target


@pytest.mark.parametrize(
    ("fault", "route"),
    [
        (Fault.NESTED_FIELD, "json"),
        (Fault.BLANK_PARAMETERS, "anything-read"),
        (Fault.NUMBER_AS_STRING, "anything-write"),
    ],
)
async def test_each_fault_changes_answers_of_its_own_route_only(
    session: Any, httpbin: str, fault: Fault, route: str
) -> None:
    pairs = await both(session, httpbin, make_app(faults=[fault]), some_of(*OURS))
    assert {request.route for request, control, candidate in pairs if control != candidate} == {route}


async def test_the_slow_fault_delays_without_changing_anything(session: Any, httpbin: str) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    pairs = await both(session, httpbin, make_app(faults=[Fault.SLOW]), some_of("headers", each=3))
    assert all(control == candidate for _, control, candidate in pairs)
    assert loop.time() - began >= 3 * SLOW_SECONDS


async def test_the_mark_of_a_copy_is_not_echoed(session: Any, httpbin: str) -> None:
    request = Request("headers", "GET", "/headers", {"X-Shadow": "1"})
    for _, control, candidate in await both(session, httpbin, make_app(faults=()), [request]):
        assert json.loads(control.body)["headers"].pop("X-Shadow") == "1"
        assert "X-Shadow" not in json.loads(candidate.body)["headers"]
