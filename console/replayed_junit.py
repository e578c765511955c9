"""What a new build made of stored requests, as JUnit's XML: one suite for each route, one case for each request."""

from __future__ import annotations

from console.junit import Case, junit
from console.replayed import Document, by_route, places_of

_BAD = {"different": "failure", "error": "error", "timeout": "error", "unusable": "skipped"}


def replayed_junit(document: Document) -> str:
    suites = [(route, [_case(pair) for pair in pairs]) for route, pairs in by_route(document["pairs"]).items()]
    return junit(f"strangler replay against {document['against']}", suites, document["generated_at"])


def _case(pair: Document) -> Case:
    return Case(
        group=pair["route"],
        name=f"{pair['method']} {pair['target']} ({pair['pair']})",
        bad=_BAD.get(pair["result"]),
        message=places_of(pair),
        details=[f"{one['path']} {one['kind']}: {one['control']} -> {one['candidate']}" for one in pair["differences"]],
        seconds=pair["seconds"],
    )
