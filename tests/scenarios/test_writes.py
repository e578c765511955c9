"""The ladder of writes, with a real shop: never, as a dry run, and read after write."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.integration.instance import Instance
from tests.integration.test_faults import instance, until
from tests.scenarios.shop import Shop
from tests.scenarios.test_logins import browser

pytestmark = pytest.mark.heavy

TABLE = """
version: 1
backends:
  legacy: {{ url: "{legacy}" }}
  new: {{ url: "{new}" }}
defaults: {{ identity: [{{ cookie: session }}] }}
groups: {{ shop: {{ split: {{ legacy: 100, new: 0 }} }} }}
routes:
  - {{ name: login, match: {{ path: /login }}, group: shop }}
  - {{ name: order, match: {{ path: /orders, methods: [POST] }}, group: shop, shadow: {{ {writes} }} }}
  - {{ name: orders, match: {{ path: /orders, methods: [GET] }}, group: shop, shadow: {{ sample: {sample}, repeat: 0%, {reads} }} }}
"""


def counted(running: Instance, metric: str, **labels: str) -> int:
    wanted = ",".join(f'{name}="{value}"' for name, value in labels.items())
    text = running.admin("/metrics")[1].decode()
    return sum(int(float(n)) for n in re.findall(rf"^{metric}_total{{{wanted}}} (\S+)$", text, re.MULTILINE))


async def compared(running: Instance, route: str, count: int) -> None:
    await until(lambda: running.report()[route]["compared"] == count, lambda: str(running.report()))


async def skipped(running: Instance, route: str, reasons: dict[str, int]) -> None:
    """Workers tell their counts once a second, not with each pair."""
    await until(lambda: running.report()[route]["skipped"] == reasons, lambda: str(running.report()[route]))


async def test_what_a_write_did_is_compared_without_copying_it(tmp_path: Path, aiohttp_server: Any) -> None:
    old = Shop()
    new = Shop(shares=old)
    legacy, candidate = await aiohttp_server(old.app), await aiohttp_server(new.app)
    writes = "sample: 0%, writes: read-after-write, window: 60s"
    urls = {"legacy": legacy.make_url(""), "new": candidate.make_url("")}
    table = TABLE.format(**urls, writes=writes, sample="0%", reads="")
    # Two workers: the one that is asked to read may not be the one that saw the write.
    async with instance(tmp_path, table, "--workers", "2") as running, browser(running.url) as client:
        for user in range(10):
            async with client.post("/login", json={"user": f"user-{user}"}):
                pass
            async with client.get("/orders") as before:
                assert (await before.json()) == {"orders": []}
            async with client.post("/orders", json={"what": "tea"}, headers={"Connection": "close"}) as made:
                assert made.status == 201
            async with client.get("/orders", headers={"Connection": "close"}) as after:
                assert [order["what"] for order in (await after.json())["orders"]] == ["tea"]
        await compared(running, "orders", 10)
        assert running.report()["orders"]["outcomes"]["match"] == 10
        await skipped(running, "orders", {"not_sampled": 10})
        await skipped(running, "order", {"unsafe_method": 10})
        assert counted(running, "strangler_read_after_write", route="orders") == 10
    assert {method for method, _, headers in new.asked} == {"GET"}
    assert len(old.orders) == 10


@pytest.mark.parametrize("dry", [True, False])
async def test_a_dry_run_answers_and_leaves_nothing_behind(tmp_path: Path, aiohttp_server: Any, dry: bool) -> None:
    old = Shop()
    new = Shop(dry=dry, shares=old)
    legacy, candidate = await aiohttp_server(old.app), await aiohttp_server(new.app)
    urls = {"legacy": legacy.make_url(""), "new": candidate.make_url("")}
    writes = 'sample: 100%, unsafe: "X-Shadow: 1 is a dry run"'
    table = TABLE.format(**urls, writes=writes, sample="100%", reads="")
    async with instance(tmp_path, table, "--workers", "1") as running, browser(running.url) as client:
        async with client.post("/login", json={"user": "kim"}):
            pass
        for number in range(5):
            # What a client claims does not make its write a dry run.
            async with client.post("/orders", json={"what": f"tea {number}"}, headers={"X-Shadow": "1"}) as made:
                assert made.status == 201
            # One after the other: each shop has numbers of its own.
            await compared(running, "order", number + 1)
        assert running.report()["order"]["outcomes"]["match"] == 5
    assert len(new.copies("POST", "/orders")) == 5
    assert not old.copies("POST", "/orders")
    assert len(old.orders) == (5 if dry else 10)


async def test_copies_reach_a_side_under_another_prefix_with_a_session_of_its_own(
    tmp_path: Path, aiohttp_server: Any
) -> None:
    old, new = Shop(), Shop(prefix="/v2")
    legacy, candidate = await aiohttp_server(old.app), await aiohttp_server(new.app)
    urls = {"legacy": legacy.make_url(""), "new": candidate.make_url("")}
    requests = "requests: { candidate: { host: shop.internal, prefix: { from: /, to: /v2 } } }, cookies: jar"
    harmless = f'sample: 100%, unsafe: "its store is thrown away", {requests}'
    table = TABLE.format(**urls, writes=harmless, sample="100%", reads=requests)
    table = table.replace("path: /login }, group: shop", f"path: /login }}, group: shop, shadow: {{ {harmless} }}")
    async with instance(tmp_path, table, "--workers", "1") as running, browser(running.url) as client:
        for method, path, sent in (
            ("POST", "/login", {"user": "kim"}),
            ("POST", "/orders", {"what": "tea"}),
            ("GET", "/orders", None),
        ):
            async with client.request(method, path, json=sent) as answer:
                assert answer.status < 300
        await compared(running, "orders", 1)
        found = {name: route["outcomes"] for name, route in running.report().items()}
        assert {name: outcomes["match"] for name, outcomes in found.items()} == {"login": 1, "order": 1, "orders": 1}
    [copy] = new.copies("GET", "/v2/orders")
    assert copy["Host"] == "shop.internal"
