"""The route table and its versions, for programs."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from console.table.plan import plan_document
from console.table.versions import history_document
from console.web import tables
from console.web.answers import Document, as_json, seen_by
from console.web.fields import object_of, unknown, whole_text
from console.web.refused import Refused
from console.web.visit import Visit
from proxy.model.versions import MAX_REASON


async def show(visit: Visit) -> web.Response:
    document = await tables.table_document(visit)
    return _tagged(document, document["hash"])


async def versions(visit: Visit) -> web.Response:
    return as_json(history_document(await tables.versions_of(visit)))


async def version(visit: Visit) -> web.Response:
    return as_json(await tables.version_of(visit, visit.request.match_info["version"]))


async def plan(visit: Visit) -> web.Response:
    sent = await object_of(visit.request)
    unknown(sent, ("text",))
    return as_json(seen_by(visit.caller, plan_document(await tables.plan(visit, _text(sent)))))


async def write(visit: Visit) -> web.Response:
    given = visit.request.headers.get("If-Match")
    if given is None:
        raise Refused(428, "say which table you have changed: send the ETag of GET /api/v1/table as If-Match")
    sent = await object_of(visit.request)
    unknown(sent, ("text", "reason"))
    document = await tables.write(visit, _text(sent), _reason(sent), given.strip().strip('"'))
    return _tagged(document, document["hash"])


async def rollback(visit: Visit) -> web.Response:
    sent = await object_of(visit.request) if visit.request.can_read_body else {}
    unknown(sent, ("version", "reason"))
    number = sent.get("version")
    if isinstance(number, float) and number.is_integer():  # JSON has one kind of number
        number = int(number)
    if number is not None and (not isinstance(number, int) or isinstance(number, bool)):
        raise Refused(400, "version is a number, or left out for the version before")
    document = await tables.restore(visit, number, _reason(sent))
    return _tagged(document, document["hash"])


def _text(sent: dict[str, Any]) -> str:
    text = sent.get("text")
    if not isinstance(text, str):
        raise Refused(400, "send the whole table as `text`")
    return whole_text(text, "text")


def _reason(sent: dict[str, Any]) -> str:
    reason = sent.get("reason", "")
    if not isinstance(reason, str) or len(reason) > MAX_REASON:
        raise Refused(400, f"reason is a text of {MAX_REASON} characters at most")
    return whole_text(reason, "reason").strip()


def _tagged(document: Document, hash_: str) -> web.Response:
    answer = as_json(document)
    answer.headers["ETag"] = f'"{hash_}"'
    return answer
