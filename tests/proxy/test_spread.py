"""Which shadow worker gets an exchange."""

from __future__ import annotations

from collections import Counter

from proxy.model.exchange import Exchange
from proxy.spread import Spread
from proxy.table.load import load_table

EXCHANGE = Exchange(
    id="1", identity="ann", route="orders", table_version=1, primary="legacy", shadow="shop", started_at=1.0, first_byte=0.1, total=0.2,
    request_head=b"", request_body=b"", answer_head=b"", answer_body=b"",
)  # fmt: skip
TABLE = load_table(
    """
version: 1
backends:
  legacy: { url: "http://127.0.0.1:1" }
  shop: { url: "http://127.0.0.1:2" }
defaults: { identity: [{ cookie: session }] }
routes:
  - { name: orders, match: { path: /orders }, backend: legacy, shadow: { sample: 100%, candidate: shop } }
  - name: account
    match: { path: /account }
    backend: legacy
    shadow: { sample: 100%, candidate: shop, cookies: jar }
  - name: basket
    match: { path: /basket }
    backend: legacy
    shadow: { sample: 100%, candidate: shop, cookies: jar }
""",
    source="test",
    version=1,
)


def spread(count: int = 4, secret: bytes = b"k" * 32) -> Spread:
    made = Spread(count, secret)
    made.use(TABLE)
    return made


def user(number: int, **changes: str) -> Exchange:
    return EXCHANGE._replace(identity=f"user-{number}", **changes)


def test_a_user_has_one_worker_on_all_routes_whoever_serves_them() -> None:
    one, other = spread(), spread()
    for number in range(100):
        workers = {
            one.worker_of(user(number)),
            other.worker_of(user(number)),
            one.worker_of(user(number, route="other")),
        }
        assert len(workers) == 1


def test_users_are_shared_out_evenly_and_nobody_without_the_key_knows_how() -> None:
    one, other = spread(), spread(secret=b"x" * 32)
    workers = Counter(one.worker_of(user(number)) for number in range(4000))
    assert all(900 < count < 1100 for count in workers.values())
    same = sum(one.worker_of(user(number)) == other.worker_of(user(number)) for number in range(4000))
    assert 900 < same < 1100


def test_those_of_nobody_in_particular_go_round() -> None:
    one = spread()
    assert Counter(one.worker_of(EXCHANGE._replace(identity="")) for _ in range(40)) == dict.fromkeys(range(4), 10)


def test_sessions_stay_together_whoever_a_user_is_taken_for() -> None:
    one = spread()
    found = {one.worker_of(user(number, route=route)) for number in range(100) for route in ("account", "basket")}
    assert len(found) == 1


def test_one_worker_gets_all() -> None:
    one = spread(1)
    assert {one.worker_of(user(number, route="account")) for number in range(10)} == {0}
