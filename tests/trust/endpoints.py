"""What both sides answer: the same, but for what no two answers of a real service have in common."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final

from tests.trust.reply import Reply, Side

NAMES: Final = ("Zoë", "Ann", "Bjørn", "Chloé", "Dmitri", "Ewa", "福田", "O'Brien & Sons")


def orders(number: int, side: Side) -> Reply:
    """Timestamps, identifiers of the request, a list in no order, rounding, links to itself."""
    lines = [
        {"sku": f"SKU-{number % 97}-{i}", "quantity": i + 1, "price": round(4.99 + i + number % 13, 2)}
        for i in range(3 + number % 3)
    ]
    total = sum(line["price"] * line["quantity"] for line in (reversed(lines) if side.is_new else lines))
    tags = ["gift", "express", "fragile", "repeat-customer"]
    side.dice.shuffle(tags)
    document = {
        "id": number,
        "served_at": _now().isoformat(),
        "request_id": str(uuid.UUID(int=side.dice.getrandbits(128), version=4)),
        "customer": {"name": NAMES[number % len(NAMES)], "since": "2019-04-01"},
        "reference": 9_007_199_254_740_993 + number,
        "paid": True,
        "note": None,
        "lines": lines,
        "total": round(total, 2) if side.is_new else total,
        "tags": tags,
        "links": {"self": f"{side.origin}/orders/{number}"},
    }
    return Reply(number, document)


def search(number: int, side: Side) -> Reply:
    """Pages of results with a cursor that is never the same, best first for one side, oldest first for the other."""
    items = [{"id": number * 10 + i, "title": f"Result {i} of {number}", "score": i * 7 % 5} for i in range(8)]
    if side.is_new:
        items.sort(key=lambda item: (item["score"], item["id"]))
    return Reply(number, {"items": items, "total": 8 + number % 50, "next": side.token()})


def profile(number: int, side: Side) -> Reply:
    """A token that differs every time."""
    user = {"id": number, "name": NAMES[number % len(NAMES)], "roles": ["buyer", "seller"]}
    return Reply(number, {"user": user, "session": side.token(), "quota": {"used": number % 10, "of": 10}})


def inventory(number: int, side: Side) -> Reply:
    """Read while it is written: the two answers may be of different moments."""
    sku = number % 50
    return Reply(
        number, {"sku": sku, "stock": side.stock.get(sku, 0), "currency": "EUR", "warehouse": {"row": sku % 7}}
    )


def page(number: int, side: Side) -> Reply:
    """HTML as a framework renders it, compressed: nonces, a field against forgery, names of assets with hashes."""
    nonce, order = side.token(16), ("id", "class") if side.is_new else ("class", "id")
    attributes = {"class": "list wide", "id": "results"}
    opening = " ".join(f'{name}="{attributes[name]}"' for name in order)
    items = "".join(f'<li><a href="/items/{number + i}">Item {number + i} &amp; more</a></li>' for i in range(5))
    html = (
        f"<!doctype html><html><head><title>Page {number}</title>"
        f'<link rel="stylesheet" href="/static/app.{side.token(8)}.css">'
        f'<script nonce="{nonce}" src="/static/app.js?v={side.token(8)}"></script></head><body>'
        f"<h1>Page {number}</h1><ul {opening}>{items}</ul>"
        f'<form method="post" action="/buy"><input type="hidden" name="csrf_token" value="{side.token()}">'
        f"<button>Buy for {number % 40}.50 €</button></form></body></html>"
    )
    return Reply(number, html, "text/html; charset=utf-8", coding="gzip")


def feed(number: int, side: Side) -> Reply:
    """XML with a build date; one side writes its namespaces with prefixes."""
    colon, declared = ("a:", ":a") if side.is_new else ("", "")
    entries = "".join(
        f'<{colon}entry id="e{number}-{i}"><{colon}title>Entry {i}</{colon}title><{colon}price currency="EUR">{i}.50</{colon}price></{colon}entry>'
        for i in range(4)
    )
    xml = (
        f'<?xml version="1.0"?><{colon}feed xmlns{declared}="urn:shop:feed">'
        f"<{colon}updated>{_now().isoformat()}</{colon}updated>{entries}</{colon}feed>"
    )
    return Reply(number, xml, "application/xml")


def export(number: int, side: Side) -> Reply:
    """Text in lines, deflated."""
    lines = [f"{number};{i};{NAMES[i % len(NAMES)]};{i * 3}.00" for i in range(30)]
    return Reply(number, "\n".join(["order;line;name;price", *lines, ""]), "text/csv; charset=utf-8", coding="deflate")


def download(number: int, side: Side) -> Reply:
    """Bytes, with a date of its own among the headers."""
    body = bytes((number + i * 31) % 256 for i in range(2048))
    last = format_datetime(_now(), usegmt=True)
    return Reply(number, body, "application/octet-stream", headers=[("Last-Modified", last)])


def away(number: int, side: Side) -> Reply:
    """A redirect: to itself in full by one side, by the path alone by the other; a cookie that is never the same."""
    base = "" if side.is_new else side.origin
    caching = "no-store, private" if side.is_new else "private, no-store"
    headers = [
        ("Location", f"{base}/items/{number}?from=away"),
        ("Cache-Control", caching),
        ("Set-Cookie", f"visit={side.token()}; Path=/; HttpOnly; SameSite=Lax"),
    ]
    return Reply(number, "", "text/plain", status=302, headers=headers)


def events(number: int, side: Side) -> Reply:
    """One JSON document a line."""
    lines = [{"seq": i, "at": _now().timestamp(), "order": number + i, "state": "packed"} for i in range(6)]
    return Reply(number, lines, "application/x-ndjson")


def _now() -> datetime:
    return datetime.now(UTC)


ENDPOINTS: Final[dict[str, Callable[[int, Side], Reply]]] = {
    endpoint.__name__: endpoint
    for endpoint in (orders, search, profile, inventory, page, feed, export, download, away, events)
}
"""By the name of the route, which is the first segment of the path: ``/orders/17``."""

Document = Any
