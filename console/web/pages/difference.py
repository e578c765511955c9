"""One difference: what it is, in which pairs it showed, what people said of it, and what may be said now."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from aiohttp import web

from console.report import signature_document
from console.web import said
from console.web.answers import as_page
from console.web.visit import Visit
from proxy.model.log import rfc3339
from shadow.model import SignatureSummary
from shadow.store.read_sightings import Sighting
from shadow.triage import MAX_NOTE, Triage

Document = dict[str, Any]


async def show(visit: Visit) -> web.Response:
    signature = await said.signature_of(visit)
    document = difference_document(
        signature,
        await visit.evidence.sightings(signature),
        await visit.evidence.triage_history(signature.id),
        bodies=visit.caller.bodies,
    )
    return as_page(visit, "difference.html", document)


async def triage(visit: Visit) -> web.Response:
    """Says what the difference is, and goes back to its page."""
    signature = await said.signature_of(visit)
    await said.triage(visit, signature)
    return _go(f"/differences/{quote(signature.id)}")


async def accept(visit: Visit) -> web.Response:
    """Writes the waiver. Under the new rule the difference counts no more, so this goes to the list."""
    signature = await said.signature_of(visit)
    await said.accept(visit, signature)
    return _go(f"/differences?{urlencode({'route': signature.route, 'done': 'waived'})}")


def _go(address: str) -> web.Response:
    return web.Response(status=303, headers={"Location": address})


def difference_document(
    signature: SignatureSummary, sightings: list[Sighting], history: list[Triage], *, bodies: bool
) -> Document:
    """``bodies``: whether the one who looks may see values out of answers."""
    document = signature_document(signature)
    if not bodies:
        document |= {"control_example": None, "candidate_example": None}
    return {
        "signature": {"route": signature.route, **document},
        "sightings": [_sighting(one, bodies=bodies) for one in sightings],
        "history": [decision_document(one) for one in reversed(history)],
        "states": list(said.STATES),
        "most": MAX_NOTE,
        "bodies": bodies,
        "shown": next((one.pair for one in sightings if one.kept), None),
    }


def _sighting(one: Sighting, *, bodies: bool) -> Document:
    values = {"control": one.control, "candidate": one.candidate} if bodies else {"control": None, "candidate": None}
    return {
        "pair": one.pair,
        "at": rfc3339(one.at),
        "outcome": one.outcome,
        "method": one.method,
        "target": one.target if bodies else "",
        "kept": one.kept,
        **values,
    }


def decision_document(one: Triage) -> Document:
    return {"state": one.state.value, "owner": one.owner, "note": one.note, "by": one.by, "at": rfc3339(one.at)}
