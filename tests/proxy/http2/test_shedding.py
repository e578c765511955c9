"""Load shedding and rate limits hold for HTTP/2: a stream is a request, a connection is one that may be asked to leave."""

from __future__ import annotations

import pytest

from proxy.limits.shedding import Pressure, Step
from tests.proxy.conftest import Origins, to_legacy
from tests.proxy.http2.conftest import Http2Proxies
from tests.proxy.http2.wire import request
from tests.proxy.limits.test_overload import Slow, press
from tests.proxy.wire import always, eventually, ok


async def test_a_rate_limit_refuses_a_stream_and_keeps_the_connection(origin: Origins, http2: Http2Proxies) -> None:
    backend = await origin(always(ok()))
    routes = "routes: [{ name: a, match: { path: /a }, backend: legacy, rate_limit: { requests: 1, per: 1h } }]\n"
    client = await (await http2(to_legacy(backend.port, routes))).connect()
    assert (await client.ask(request(b"/a"))).status == 200
    refused = await client.ask(request(b"/a"))
    assert refused.status == 429
    assert dict(refused.fields)[b"ratelimit"].startswith(b'"a";r=0;t=')
    assert (await client.ask(request(b"/else"))).status == 200
    assert client.goaways == []


@pytest.mark.promise("C13")
async def test_under_overload_new_streams_are_refused_connections_asked_to_leave_and_answers_end(
    origin: Origins, http2: Http2Proxies
) -> None:
    slow = Slow()
    backend = await origin(slow)
    both = await http2(to_legacy(backend.port))
    client = await both.connect()
    accepted = await client.send(request())
    await eventually(lambda: slow.waiting)
    shedder = both.running.live.shedder
    await press(both.running, Pressure(memory=0.8), Step.NO_KEEP_ALIVE)
    await client.until(lambda: client.goaways)
    assert both.running.count("strangler_shed", what="connection", mode="enforce") == 1
    await press(both.running, Pressure(memory=1.3), Step.REFUSE)
    other = await both.connect()
    refused = await other.ask(request())
    assert refused.status == 503
    assert b"retry-after" in dict(refused.fields)
    assert shedder.step is Step.REFUSE
    await slow.finish()
    answer = await client.answer(accepted)
    assert (answer.status, answer.body) == (200, b"helloworld")
