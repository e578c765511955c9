"""What a new build made of stored requests, as a document. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from console.pair import difference_document
from proxy.model.path import place_of
from shadow.again.replay import BAD, Replayed, Result

Document = dict[str, Any]


def replayed_document(replayed: Sequence[Replayed], target: str, generated_at: str) -> Document:
    counts = Counter(one.result for one in replayed)
    return {
        "generated_at": generated_at,
        "against": target,
        "sent": sum(counts[result] for result in Result if result is not Result.UNUSABLE),
        "results": {result.value: counts[result] for result in Result},
        "fixed": sum(one.was_wrong and one.result is Result.EQUAL for one in replayed),
        "hidden": sorted({name for one in replayed for name in one.hidden}),
        "pairs": [_pair(one) for one in replayed],
    }


def is_bad(document: Document) -> bool:
    return any(document["results"][result.value] for result in BAD)


def by_route(pairs: Iterable[Document]) -> dict[str, list[Document]]:
    """In the order in which the routes appear."""
    routes: dict[str, list[Document]] = {}
    for pair in pairs:
        routes.setdefault(pair["route"], []).append(pair)
    return routes


def places_of(pair: Document) -> str:
    """What is wrong with one pair, in a line."""
    if not pair["differences"]:
        return str(pair["detail"] or pair["result"])
    first = pair["differences"][0]
    more = len(pair["differences"]) - 1
    sides = " -> ".join("(absent)" if first[side] is None else first[side] for side in ("control", "candidate"))
    return f"{first['path']} {first['kind']}: {sides}" + (f", and {more} more" if more else "")


@dataclass(slots=True)
class Wrong:
    """Bad answers of one route that are wrong in the same way: how many, and the first of them."""

    route: str
    example: Document
    count: int = 0


def groups_of(document: Document) -> list[Wrong]:
    """What is wrong, most frequent first."""
    bad = {result.value for result in BAD}
    groups: dict[tuple[str, ...], Wrong] = {}
    for pair in document["pairs"]:
        if pair["result"] in bad:
            places = tuple(f"{place_of(one['path'])} {one['kind']}" for one in pair["differences"])
            group = groups.setdefault((pair["route"], pair["result"], *places), Wrong(pair["route"], pair))
            group.count += 1
    return sorted(groups.values(), key=lambda group: -group.count)


def groups_document(document: Document, *, most: int) -> Document:
    """The same without the values of answers: what is wrong, most frequent first, ``most`` kinds of it, and why pairs were left out."""
    groups = groups_of(document)
    return {
        **{name: document[name] for name in ("generated_at", "against", "sent", "results", "fixed", "hidden")},
        "kinds": len(groups),
        "wrong": [
            {
                "route": group.route,
                "count": group.count,
                "result": group.example["result"],
                "detail": group.example["detail"],
                "places": [
                    {"path": place_of(one["path"]), "kind": one["kind"]} for one in group.example["differences"]
                ][:most],
                "pair": group.example["pair"],
                "method": group.example["method"],
            }
            for group in groups[:most]
        ],
        "left_out": dict(Counter(one["detail"] for one in document["pairs"] if one["result"] == Result.UNUSABLE)),
    }


def _pair(one: Replayed) -> Document:
    return {
        "pair": one.pair.id,
        "route": one.pair.route,
        "method": one.pair.method,
        "target": one.pair.target,
        "before": one.pair.outcome.value,
        "result": one.result.value,
        "detail": one.detail,
        "status": one.status,
        "seconds": round(one.seconds, 6),
        "hidden": list(one.hidden),
        "differences": [difference_document(difference) for difference in one.differences],
    }
