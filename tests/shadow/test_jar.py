"""Jars of cookies: whose they are, what they hold, and that neither is ever too much."""

from __future__ import annotations

import asyncio

import pytest
from yarl import URL

from shadow.jar import MAX_BYTES, MAX_COOKIES, Jar, Jars

SHOP = URL("https://shop.example/orders/7")


async def jar(*lines: str, url: URL = SHOP) -> Jar:
    made = Jar()
    made.keep(list(lines), url)
    return made


@pytest.mark.parametrize(
    ("line", "url", "sent"),
    [
        ("sid=1", "https://shop.example/orders/8", True),
        ("sid=1", "https://shop.example/", False),
        ("sid=1; Path=/", "https://shop.example/", True),
        ("sid=1; Path=/", "https://www.shop.example/", False),
        ("sid=1; Path=/; Domain=shop.example", "https://www.shop.example/", True),
        ("sid=1; Path=/; Domain=other.example", "https://other.example/", False),
        ("sid=1; Path=/; Secure", "http://shop.example/", False),
        ("sid=1; Path=/; Max-Age=0", "https://shop.example/", False),
        ("sid=1; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "https://shop.example/", False),
        ("sid=1; Path=/; Expires=Wed, 01 Jan 2200 00:00:00 GMT", "https://shop.example/", True),
    ],
)
async def test_cookies_are_sent_where_a_browser_would_send_them(line: str, url: str, sent: bool) -> None:
    assert (await jar(line)).cookies_for(URL(url)) == ({"sid": "1"} if sent else {})


async def test_values_are_sent_as_they_came_also_to_addresses() -> None:
    at = URL("http://127.0.0.1:9000/")
    value = "a/b+c==:{x},%20"
    assert (await jar(f"sid={value}; Path=/", url=at)).cookies_for(at) == {"sid": value}


async def test_a_cookie_that_is_set_again_or_deleted_is_another_or_none() -> None:
    made = await jar("sid=1; Path=/", "a=1; Path=/")
    made.keep(["sid=2; Path=/", "a=; Path=/; Max-Age=0"], SHOP)
    assert made.cookies_for(SHOP) == {"sid": "2"}
    assert not made.empty
    made.keep(["sid=; Path=/; Max-Age=0"], SHOP)
    assert made.empty


async def test_a_jar_has_room_for_so_much() -> None:
    made = Jar()
    for number in range(3 * MAX_COOKIES):
        made.keep([f"c{number}=1; Path=/"], SHOP)
    assert len(made.cookies_for(SHOP)) == MAX_COOKIES
    large = await jar(*(f"c{number}={'x' * 1000}; Path=/" for number in range(40)))
    assert 0 < sum(map(len, large.cookies_for(SHOP).values())) <= MAX_BYTES


async def test_long_paths_and_hosts_cost_no_more_than_short_ones() -> None:
    made = await jar("sid=1; Path=/orders")
    assert made.cookies_for(URL("https://shop.example/orders" + "/a" * 8000)) == {"sid": "1"}
    assert made.cookies_for(URL("https://" + "a." * 120 + "shop.example/orders")) == {}


async def test_each_user_has_a_jar_of_his_own_at_each_backend() -> None:
    jars = Jars(b"key")
    one = jars.of("new", "kim", "kim")
    assert one is jars.of("new", "", "kim") is not None
    assert one is not jars.of("legacy", "kim", "kim")
    assert one is not jars.of("new", "lee", "lee")
    assert jars.of("new", "", "") is None


async def test_who_is_given_another_identity_keeps_his_jar() -> None:
    jars = Jars(b"key")
    before = jars.of("new", "anonymous-1", "anonymous-1")
    assert jars.of("new", "anonymous-1", "kim-2") is before
    assert jars.of("new", "kim-2", "kim-2") is before
    assert jars.of("new", "anonymous-1", "anonymous-1") is not before


async def test_the_one_who_has_not_come_for_longest_makes_room_and_that_is_told() -> None:
    told: list[int] = []
    jars = Jars(b"key", lambda: told.append(1), most=2)
    first, second = jars.of("new", "1", "1"), jars.of("new", "2", "2")
    assert jars.of("new", "1", "1") is first
    jars.of("new", "3", "3")
    assert (len(jars), len(told)) == (2, 1)
    assert jars.of("new", "1", "1") is first
    assert jars.of("new", "2", "2") is not second


async def test_who_comes_after_a_write_waits_for_it_and_not_for_ever() -> None:
    made, order, release = Jar(), [], asyncio.Event()

    async def write() -> None:
        async with made.turn(writes=True, seconds=10):
            await release.wait()
            order.append("write")

    async def read(seconds: float, name: str) -> None:
        async with made.turn(writes=False, seconds=seconds):
            order.append(name)

    writing = asyncio.create_task(write())
    await asyncio.sleep(0)
    await read(0.0, "impatient")
    reading = asyncio.create_task(read(10.0, "patient"))
    await asyncio.sleep(0)
    release.set()
    await asyncio.gather(writing, reading)
    assert order == ["impatient", "write", "patient"]
    await read(10.0, "later")


async def test_a_write_waits_for_the_reads_that_came_before_it() -> None:
    made, order, login = Jar(), [], asyncio.Event()

    async def take(name: str, *, writes: bool) -> None:
        async with made.turn(writes=writes, seconds=10):
            if name == "login":
                await login.wait()
            elif not writes:
                await asyncio.sleep(0)
            order.append(name)

    tasks = []
    for name, writes in (("login", True), ("read", False), ("look", False), ("logout", True), ("stranger", False)):
        tasks.append(asyncio.create_task(take(name, writes=writes)))
        await asyncio.sleep(0)
    login.set()
    await asyncio.gather(*tasks)
    assert (order[0], sorted(order[1:3]), order[3:]) == ("login", ["look", "read"], ["logout", "stranger"])
