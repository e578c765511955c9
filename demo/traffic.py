"""What the users of the demo do: requests of mixed kinds, the same ones in every run."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

USERS = 20_000
"""So many that hardly anybody asks the same twice within a minute: repeats would not count towards readiness."""
UNCLAIMED = "(unclaimed)"
"""Requests that no route claims; they go to the monolith, and no report is made about them."""
_WORDS = ("widgets", "caf%C3%A9", "blue+shoes", "a%2Fb", "42")
_CODES = (200, 200, 200, 201, 202, 301, 302, 400, 401, 403, 404, 418, 500, 503)


@dataclass(frozen=True, slots=True)
class Request:
    """One request as a user sends it; ``route`` is the route of routes.yaml that ought to claim it."""

    route: str
    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def traffic(scale: float = 1.0, seed: int = 11) -> Iterator[Request]:
    """All requests, mixed. ``scale`` 1 is about four thousand."""
    dice = random.Random(seed)
    kinds = [kind for kind, (count, _) in KINDS.items() for _ in range(round(count * scale))]
    dice.shuffle(kinds)
    for kind in kinds:
        method, target, headers, body = KINDS[kind][1](dice)
        user = f"user-{dice.randrange(USERS):05}"
        yield Request(kind, method, target, {"Cookie": f"session={user}; theme=dark", **headers}, body)


Parts = tuple[str, str, dict[str, str], bytes]
"""Method, target, headers, body."""


def _read(target: str) -> Parts:
    return "GET", target, {}, b""


def _get(dice: random.Random) -> Parts:
    return "GET", f"/get?q={dice.choice(_WORDS)}&page={dice.randrange(9)}", {"Accept-Language": "en-GB,de;q=0.5"}, b""


def _status(dice: random.Random) -> Parts:
    return dice.choice(("GET", "GET", "GET", "HEAD")), f"/status/{dice.choice(_CODES)}", {}, b""


def _anything_read(dice: random.Random) -> Parts:
    """One in eight leaves a field of the search form empty."""
    voucher = "" if dice.random() < 0.125 else f"V{dice.randrange(1000)}"
    tags = "".join(f"&tag={tag}" for tag in ("new", "sale")[: dice.randrange(3)])
    return "GET", f"/anything/search?q={dice.choice(_WORDS)}&voucher={voucher}{tags}", {}, b""


def _anything_write(dice: random.Random) -> Parts:
    order = {"sku": f"SKU-{dice.randrange(999):03}", "quantity": dice.randrange(1, 9), "gift": dice.random() < 0.2}
    return "POST", "/anything/orders", {"Content-Type": "application/json"}, json.dumps(order).encode()


def _headers(dice: random.Random) -> Parts:
    return "GET", "/headers", {"X-Client": f"app/{dice.randrange(3)}"}, b""


def _unclaimed(dice: random.Random) -> Parts:
    return _read(dice.choice(("/html", "/robots.txt", "/xml", "/bytes/512?seed=3", "/no/such/page")))


KINDS: dict[str, tuple[int, Callable[[random.Random], Parts]]] = {
    "get": (550, _get),
    "cookies": (500, lambda _: _read("/cookies")),
    "status": (500, _status),
    "json": (450, lambda _: _read("/json")),
    "anything-read": (600, _anything_read),
    "anything-write": (450, _anything_write),
    "headers": (400, _headers),
    "uuid": (400, lambda _: _read("/uuid")),
    "forms": (80, lambda _: _read("/forms/post")),
    UNCLAIMED: (120, _unclaimed),
}
"""How many of each kind, and how one is made. The name is the route's."""
