from __future__ import annotations

from collections import Counter

import pytest

from console.table.changes import changes_of
from console.table.recent import recent_of
from proxy.table.load import load_table
from shadow.store.read_traffic import Hour

TABLE = """\
version: 1
backends:
  legacy: { url: http://127.0.0.1:8000 }
  orders: { url: http://127.0.0.1:9000 }
groups:
  ordering: { split: { orders: 5, legacy: 95 } }
routes:
  - name: order-read
    match: { path: "/orders/{id}", methods: [GET] }
    group: ordering
    shadow: { sample: 10% }
  - name: search
    match: { path: /search }
    split: { orders: 0, legacy: 10 }
    sticky: false
"""


def texts(*swaps: tuple[str, str]) -> list[str]:
    after = TABLE
    for old, new in swaps:
        assert old in after
        after = after.replace(old, new)
    return [change.text for change in changes_of(load_table(TABLE), load_table(after))]


SEARCH = TABLE[TABLE.index("  - name: search") :]
READ = TABLE[TABLE.index("  - name: order-read") : TABLE.index("  - name: search")]


@pytest.mark.parametrize(
    ("swap", "said"),
    [
        (("orders: 5, legacy: 95", "orders: 20, legacy: 80"), "order-read: 5 % to 20 % of identities move to orders"),
        (("orders: 0, legacy: 10", "orders: 5, legacy: 5"), "search: 50 % of requests move to orders"),
        (("orders: 5, legacy: 95", "orders: 1, legacy: 99"), "order-read: orders goes down from 5 % to 1 % of identities"),
        (("orders: 5, legacy: 95", "orders: 0, legacy: 95"), "order-read: orders takes nobody any more, it had 5 % of identities"),
        (("    sticky: false\n", ""), "search: users stick to their side now"),
        (("sample: 10%", "sample: 50%"), "order-read: 50 % is copied, it was 10 %"),
        (("    shadow: { sample: 10% }\n", ""), "order-read: nothing is copied any more"),
        (("sample: 10%", "sample: 10%, timeout: 1s"), "order-read: how copies are made changes (timeout)"),
        (("    sticky: false", "    sticky: false\n    shadow: { sample: 1% }"), "search: 1 % is copied and compared"),
        (("    sticky: false", "    sticky: false\n    fallback: legacy"), "search: fallback none to legacy"),
        (("    sticky: false", "    sticky: false\n    priority: 3"), "search: priority 0 to 3"),
        (("    sticky: false", "    sticky: false\n    retries: { attempts: 2 }"), "search: retries changes"),
        (("    sticky: false", "    sticky: false\n    ready: { hours: 1 }"), "search: when it is ready changes (hours)"),
        (("    sticky: false", "    sticky: false\n    compare: { ignore: [$.at] }"), "search: compare rules change, so its evidence counts anew"),
        (("127.0.0.1:9000", "127.0.0.1:9001"), "the backend orders is at http://127.0.0.1:9001, it was http://127.0.0.1:9000"),
        (("9000 }", "9000, breaker: {} }"), "the backend orders changes (breaker)"),
        (("groups:", "defaults: { identity: [{ cookie: s }] }\ngroups:"), "users are recognised otherwise: who has no other identity than before is drawn anew"),
        (("groups:", "limits: { body: 1MiB }\ngroups:"), "limits change"),
        ((SEARCH, ""), "search is gone: what it took goes to other routes, or to legacy"),
        (("name: search", "name: find"), "search is called find now: its evidence counts anew"),
    ],
)  # fmt: skip
def test_a_change_is_said_as_a_person_would(swap: tuple[str, str], said: str) -> None:
    assert said in texts(swap)


def test_a_new_route_says_what_it_takes_and_where_it_goes() -> None:
    new = (
        SEARCH + "  - { name: cart, match: { path: /cart }, split: { orders: 1, legacy: 3 }, shadow: { sample: 5% } }\n"
    )
    assert texts((SEARCH, new)) == ["cart is new: it takes /cart; 25 % to orders, 75 % to legacy; 5 % is copied"]
    backend = "  basket: { url: http://127.0.0.1:9002 }\ngroups:"
    assert texts(("groups:", backend)) == ["the backend basket is new: http://127.0.0.1:9002"]


def test_other_matches_are_named_one_by_one() -> None:
    assert texts(("match: { path: /search }", "match: [{ path: /search, methods: [GET] }, { path: /find }]")) == [
        "search takes only GET /search now",
        "search also takes /find",
    ]


def test_a_method_that_comes_or_goes_is_told_as_such() -> None:
    assert texts(("methods: [GET]", "methods: [GET, HEAD]")) == ["order-read also takes HEAD /orders/{id}"]
    assert texts(("methods: [GET]", "methods: [HEAD]")) == [
        "order-read also takes HEAD /orders/{id}",
        "order-read no longer takes GET /orders/{id}",
    ]
    assert texts((", methods: [GET]", "")) == ["order-read also takes other methods than GET /orders/{id}"]
    assert texts(("path: /search", "path: /search, methods: [GET]")) == ["search takes only GET /search now"]


def test_a_share_is_told_in_requests_where_it_is_known_how_many_there_were() -> None:
    hours = [Hour(10, Counter(legacy=19_000, orders=1_000)), Hour(11, Counter(legacy=666))]
    recent = recent_of(10, {"order-read": hours, "search": []})
    moved = load_table(
        TABLE.replace("orders: 5, legacy: 95", "orders: 20, legacy: 80").replace("orders: 0,", "orders: 1,")
    )
    assert [change.text for change in changes_of(load_table(TABLE), moved, recent)] == [
        "order-read: 5 % to 20 % of identities move to orders; of its 20,666 requests since 10:00Z that is about 3,100",
        "search: 9.091 % of requests move to orders",
    ]


def test_who_retires_is_told_so_first() -> None:
    live = "backend: orders\n    retired: true"
    assert texts(("split: { orders: 0, legacy: 10 }\n    sticky: false", live))[:1] == [
        "search: 100 % of identities move to orders"
    ]
    assert "search is retired: legacy is never called for it any more" in texts(
        ("split: { orders: 0, legacy: 10 }\n    sticky: false", live)
    )


def test_another_group_draws_anew() -> None:
    split = "split: { orders: 5, legacy: 95 }"
    said = "order-read: who goes where is drawn anew, since it leaves the group ordering"
    assert texts(("group: ordering", split)) == [said]


def test_comments_order_and_equal_shares_are_no_change() -> None:
    assert (
        texts((READ + SEARCH, SEARCH + READ), ("version: 1", "# hello\nversion: 1"), ("legacy: 10 }", "legacy: 7 }"))
        == []
    )
