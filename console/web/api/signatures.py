"""What programs say of a signature, as people do on its page."""

from __future__ import annotations

from aiohttp import web

from console.web import said
from console.web.answers import as_json
from console.web.pages.difference import decision_document
from console.web.visit import Visit


async def triage(visit: Visit) -> web.Response:
    signature = await said.signature_of(visit)
    return as_json({"signature": signature.id, **decision_document(await said.triage(visit, signature))})


async def accept(visit: Visit) -> web.Response:
    signature = await said.signature_of(visit)
    waived = await said.accept(visit, signature)
    entry = {key: value if isinstance(value, list) else str(value) for key, value in waived.entry().items()}
    return as_json({"signature": signature.id, "route": signature.route, "waiver": entry})
