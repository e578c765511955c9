"""Read after write: what a user reads soon after a write is copied, whatever the sample."""

from __future__ import annotations

import errno

import pytest

from proxy.after_write import WatchfulChooser
from proxy.choose import Chooser
from proxy.explain import explain
from proxy.model.decision import Decision, Skip
from proxy.model.message import RequestHead
from proxy.remembering import NAME
from proxy.routing import Routing
from proxy.shared_words import own_words
from proxy.table.load import load_table
from proxy.writers import WORDS, Writers
from tests.proxy.conftest import Origins, Proxies, to_legacy
from tests.proxy.wire import always, eventually, get, ok

TEXT = """
version: 1
backends: { legacy: { url: http://127.0.0.1:1 }, new: { url: http://127.0.0.1:2 } }
defaults: { identity: [{ cookie: session }] }
groups: { orders: { split: { new: 0, legacy: 100 } } }
routes:
  - { name: write, match: { path: /orders, methods: [POST, OPTIONS] }, group: orders, shadow: { sample: 0%, writes: read-after-write, window: 10s } }
  - { name: read, match: { path: "/orders/**" }, group: orders, shadow: { sample: 0% } }
  - { name: one, match: { path: /one }, group: orders }
  - { name: alone, match: { path: /alone }, split: { new: 0, legacy: 1 }, shadow: { sample: 50%, writes: read-after-write } }
  - { name: other, match: { path: /other }, split: { new: 0, legacy: 1 }, shadow: { sample: 0% } }
"""
SECRET = b"k" * 32


class World:
    """A routing whose writers are remembered, and a clock in seconds."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.routing = Routing(load_table(TEXT), SECRET)
        self.routing.remember(Writers(own_words(WORDS), lambda: int(self.now * 1e9)))

    def asks(self, method: str, target: str, user: str | None = "kim") -> Decision:
        headers = [] if user is None else [(b"Cookie", f"session={user}".encode())]
        head = RequestHead.from_headers(method.encode(), target.encode(), headers)
        return self.routing.decide(head, lambda: 0.999)[0]


def test_reads_of_who_wrote_are_copied_in_the_whole_group_until_the_window_is_over() -> None:
    world = World()
    assert world.asks("GET", "/orders/7").skip is Skip.NOT_SAMPLED
    write = world.asks("POST", "/orders")
    assert (write.shadow, write.skip) == (None, Skip.UNSAFE_METHOD)
    for method in ("GET", "HEAD"):
        read = world.asks(method, "/orders/7")
        assert (read.shadow and read.shadow.name, read.skip, read.after_write) == ("new", None, True)
    assert world.asks("POST", "/orders/7").skip is Skip.UNSAFE_METHOD
    assert world.asks("GET", "/orders/7", "lee").skip is Skip.NOT_SAMPLED
    assert world.asks("GET", "/orders/7", None).skip is Skip.NOT_SAMPLED
    assert world.asks("GET", "/other").skip is Skip.NOT_SAMPLED
    assert world.asks("GET", "/one").skip is Skip.NO_SHADOW
    world.now += 10
    assert world.asks("GET", "/orders/7").skip is Skip.NOT_SAMPLED


@pytest.mark.parametrize(("method", "target"), [("OPTIONS", "/orders"), ("PROPFIND", "/alone"), ("POST", "/orders/7")])
def test_what_changes_nothing_and_what_no_route_watches_is_no_write(method: str, target: str) -> None:
    world = World()
    world.asks(method, target)
    assert not any(world.asks("GET", path).after_write for path in ("/orders/7", "/alone"))


def test_who_is_in_the_sample_anyway_is_not_counted_as_after_a_write() -> None:
    world = World()
    before = {user: world.asks("GET", "/alone", str(user)).skip for user in range(50)}
    for user in before:
        world.asks("PUT", "/alone", str(user))
    after = {user: world.asks("GET", "/alone", str(user)) for user in before}
    assert {one.skip for one in after.values()} == {None}
    assert {user for user, one in after.items() if one.after_write} == {user for user, skip in before.items() if skip}


def test_routes_that_do_not_ask_for_it_have_the_plain_chooser() -> None:
    routing = World().routing
    kinds = {route.name: type(routing.chooser(route)) for route in routing.table.routes}
    assert kinds == {
        "write": WatchfulChooser, "read": WatchfulChooser, "one": Chooser, "alone": WatchfulChooser, "other": Chooser,
    }  # fmt: skip
    assert type(routing.chooser(None)) is Chooser


@pytest.mark.parametrize(
    ("method", "target", "sentence"),
    [
        ("POST", "/orders", "the write goes to its side alone, and what its user reads in the group orders within 10 s is copied"),
        ("GET", "/orders/7", "the sample is 0 %; it is (read_after_write) if the user has written in the group orders in the last 10 s"),
        ("PUT", "/alone", "what its user reads here within 30 s is copied (read_after_write)"),
        ("GET", "/other", "no copy: the sample is 0 %"),
        ("OPTIONS", "/orders", "OPTIONS may change something"),
    ],
)  # fmt: skip
def test_explain_says_so(method: str, target: str, sentence: str) -> None:
    head = RequestHead.from_headers(method.encode(), target.encode(), [])
    assert sentence in explain(World().routing, head).shadow_reason


async def test_who_has_written_stays_known_when_a_table_is_replaced(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(always(ok()))
    text = TEXT.replace("http://127.0.0.1:1 ", f"http://127.0.0.1:{backend.port} ")
    plain = await proxy(to_legacy(backend.port))
    file = plain.run_dir / NAME
    assert not file.exists()
    plain.live.use(Routing(load_table(text), SECRET))
    assert file.stat().st_mode & 0o777 == 0o600
    client = await plain.connect()
    for method, target in ((b"POST", b"/orders"), (b"GET", b"/orders/1")):
        await client.send(get(target, b"Cookie: session=kim", method=method))
        assert (await client.read_answer())[0] == 200
        plain.live.use(Routing(load_table(text), SECRET))
    await eventually(lambda: plain.count("strangler_read_after_write", route="read") == 1, "not counted")
    assert plain.count("strangler_read_after_write") == 1


async def test_without_room_for_shared_memory_each_worker_remembers_alone_and_says_so(
    proxy: Proxies, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full)
    (await proxy(to_legacy(1))).live.use(Routing(load_table(TEXT), SECRET))
    assert "writers are remembered in each worker alone" in caplog.text
