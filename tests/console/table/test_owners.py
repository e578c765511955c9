from __future__ import annotations

from typing import Any

from console.table.owners import Owner, moves_of, taken
from proxy.routing import Routing
from proxy.table.load import load_table
from shadow.store import StoredPair
from shadow.store.records import StoredBody, StoredRequest
from tests.console.scene import kept_pair

BACKENDS = "version: 1\nbackends: { legacy: { url: 'http://h:1' }, orders: { url: 'http://h:2' } }\nroutes:\n"
READ = '  - { name: read, match: { path: "/orders/{id}" }, split: { orders: %d, legacy: %d } }\n'
EXPORT = "  - { name: export, match: { path: /orders/export }, backend: legacy }\n"


def routing(*routes: str) -> Routing:
    return Routing(load_table(BACKENDS + "".join(routes)), b"k" * 32)


def pair(number: int, target: str = "/orders/7", **changes: Any) -> StoredPair:
    request = StoredRequest("GET", target, (("Host", "shop"),), StoredBody())
    return kept_pair(id=f"{number:016x}", method="GET", target=target, request=request, **changes)


PAIRS = [pair(number) for number in range(1000)]


def test_a_higher_weight_moves_the_share_it_says_and_only_to_the_new_side() -> None:
    moves = moves_of(routing(READ % (5, 95)), routing(READ % (20, 80)), PAIRS)
    (move,) = moves.moves
    assert (moves.read, moves.moved, move.count) == (1000, move.count, move.count)
    assert (move.before, move.after) == (Owner("read", "legacy"), Owner("read", "orders"))
    assert 110 <= move.count <= 190
    assert len(move.examples) == 3
    assert moves_of(routing(READ % (5, 95)), routing(READ % (5, 95)), PAIRS).moves == ()


def test_a_request_that_another_route_takes_is_counted_with_an_example() -> None:
    pairs = [*PAIRS[:3], pair(9, "/orders/export"), pair(10, "/orders/%2e%2e/x"), kept_pair(request=None)]
    moves = moves_of(routing(READ % (0, 1)), routing(READ % (0, 1), EXPORT), pairs)
    (move,) = moves.moves
    assert (moves.read, moves.refused) == (4, 1)
    assert (move.before.route, move.after.route, move.count) == ("read", "export", 1)
    assert move.examples == [("GET", "/orders/export", f"{9:016x}")]


def test_another_name_is_the_same_owner() -> None:
    one, other = routing(READ % (0, 1)), routing((READ % (0, 1)).replace("name: read", "name: reading"))
    assert moves_of(one, other, PAIRS).moves == ()
    assert taken(one, other) == ()


def test_what_another_route_takes_now_is_said_for_each_path_that_a_table_names() -> None:
    wide = '  - { name: read, match: { path: "/orders/**" }, backend: legacy }\n'
    exact = "  - { name: read, match: { path: /orders }, backend: legacy }\n"
    assert taken(routing(exact, EXPORT), routing(wide, EXPORT)) == ("/orders/** is now taken by read, it was legacy's",)
    assert taken(routing(wide), routing(wide, EXPORT)) == ("/orders/export is now taken by export, it was read's",)
    assert taken(routing(wide, EXPORT), routing(wide)) == ("/orders/export is now taken by read, it was export's",)
    assert taken(routing(wide), routing(exact)) == ("/orders/** goes to legacy now, it was read's",)


def test_what_comes_and_goes_with_its_own_route_is_told_with_the_route() -> None:
    assert taken(routing(), routing(EXPORT)) == ()
    assert taken(routing(EXPORT), routing()) == ()


def test_methods_and_hosts_are_asked_for() -> None:
    post = '  - { name: write, match: { path: "/orders/**", methods: [POST], host: "*.shop" }, backend: legacy }\n'
    more = post.replace("write", "other").replace("/orders/**", "/orders/x")
    assert taken(routing(post), routing(post, more)) == ("POST *.shop /orders/x is now taken by other, it was write's",)
