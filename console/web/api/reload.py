"""Asks for the table to be read again; who changed it may say so, and why."""

from __future__ import annotations

from aiohttp import web

from console.web.answers import as_json
from console.web.caller import LOCAL
from console.web.fields import fields_of, text_of, unknown
from console.web.visit import Visit
from proxy.model.versions import MAX_BY, MAX_REASON

_HASH_LENGTH = 64


async def ask(visit: Visit) -> web.Response:
    fields = await fields_of(visit.request) if visit.request.can_read_body else {}
    unknown(fields, ("by", "reason", "hash"))
    by, reason = text_of(fields, "by", most=MAX_BY), text_of(fields, "reason", most=MAX_REASON)
    hash_ = text_of(fields, "hash", most=_HASH_LENGTH) or None
    # Whom we know cannot pass for somebody else.
    name = by if by and visit.caller is LOCAL else visit.caller.name
    visit.record.of |= {"said_by": by} if by else {}
    visit.record.names(table=hash_ or "")
    visit.record.words = "the table is read again"
    visit.instance.ask_for_reload(name if by or reason else None, reason, hash_)
    return as_json({"asked": True, "table_version": visit.instance.told["table_version"]}, status=202)
