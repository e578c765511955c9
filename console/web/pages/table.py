"""The route table as text: changed in place, checked and planned while it is changed, put in force."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from console.lint import LINTS
from console.table.diff import merged
from console.web import tables
from console.web.answers import as_page
from console.web.drafts import Draft, as_in_file, conflict, verdict
from console.web.fields import fields_of, text_of, unknown, whole_text
from console.web.refused import Refused
from console.web.rights import Right
from console.web.visit import Visit
from proxy.model.versions import MAX_REASON
from proxy.table.reading import MAX_BYTES

Document = dict[str, Any]

MAX_HASH: Final = 64

FIELDS: Final = ("text", "base", "planned", "reason", "csrf")

TOO_LARGE: Final = (
    f"what was sent is larger than a route table may be ({MAX_BYTES // 1024 // 1024} MiB): nothing was changed"
)

WIDEST: Final = 400
"""Columns of the field; a longer line is scrolled within it."""

MOVED_ON: Final = "Somebody has changed the table since you began. Put yours in force, and you are shown both before anything is changed."


async def show(visit: Visit) -> web.Response:
    try:
        table = await tables.table_document(visit)
    except Refused as error:
        return _without_file(visit, error)
    draft = Draft(table["text"], table["hash"])
    found = await verdict(visit, draft.text, draft.text)
    return as_page(visit, "table.html", _document(visit, table, draft, found))


async def plan(visit: Visit) -> web.Response:
    """Says what the text would do; only that, for a page that has the rest already."""
    return await _answer(visit, wants_force=False)


async def apply(visit: Visit) -> web.Response:
    """Puts the text in force, if its plan was seen and nobody else was quicker; else shows what is in the way, with the text kept."""
    return await _answer(visit, wants_force=True)


async def code(visit: Visit) -> web.Response:
    """What a code of a mistake or a warning means."""
    name = visit.request.match_info["code"]
    if name not in LINTS:
        raise Refused(404, f"there is no code {name[:40]!r}; codes: {', '.join(LINTS)}")
    lint = LINTS[name]
    document = {"code": name, "severity": lint.severity, "means": lint.means, "example": lint.example[:2000]}
    return as_page(visit, "code.html", {**document, "mend": lint.mend, "notices": []})


async def _answer(visit: Visit, *, wants_force: bool) -> web.Response:
    try:
        table = await tables.table_document(visit)
        draft = await _draft_of(visit, table["text"])
    except web.HTTPRequestEntityTooLarge:
        return await _too_large(visit)
    if draft.base != table["hash"] and wants_force:
        return await _conflicting(visit, table, draft)
    found = await verdict(visit, draft.text, table["text"])
    notices = [MOVED_ON] if draft.base != table["hash"] else []
    if wants_force:
        notices = _in_the_way(draft, found)
        if not notices:
            return await _written(visit, draft)
    template = "table_verdict.html" if _is_part(visit) else "table.html"
    return as_page(visit, template, _document(visit, table, draft, found, notices), status=422 if wants_force else 200)


async def _written(visit: Visit, draft: Draft) -> web.Response:
    try:
        done = await tables.write(visit, draft.text, draft.reason, draft.base)
    except Refused as error:
        if error.status != 412:
            raise
        return await _conflicting(visit, await tables.table_document(visit), draft)
    return gone_to_result(done["hash"])


def _in_the_way(draft: Draft, found: Document) -> list[str]:
    """Why this is not put in force, in the order in which a person would see to it."""
    if not found["ok"]:
        return ["This is no good table, so nothing was changed: the mistakes stand below."]
    if not found["changed"]:
        return ["There is nothing to put in force: the file says so already."]
    if draft.planned != found["planned"]:
        return ["The text is not the one whose plan you saw: here is its plan. Nothing was changed yet."]
    if not draft.reason:
        return ["Say why: the reason is kept with the version that this makes. Nothing was changed yet."]
    return []


async def _draft_of(visit: Visit, file: str) -> Draft:
    """Raises Refused."""
    fields = await fields_of(visit.request)
    unknown(fields, FIELDS)
    text = fields.get("text")
    if not isinstance(text, str):
        raise Refused(400, "send the whole table as `text`")
    base, planned = (text_of(fields, name, most=MAX_HASH) for name in ("base", "planned"))
    reason = text_of(fields, "reason", most=MAX_REASON)
    return Draft(as_in_file(whole_text(text, "text"), file), base, planned, reason)


async def _conflicting(visit: Visit, table: Document, draft: Draft) -> web.Response:
    """Both changes, and one text of both if they do not touch each other."""
    theirs = await conflict(visit, draft, table["text"])
    both = None if theirs["base"] is None else merged(theirs.pop("base"), draft.text, table["text"])
    theirs.pop("base", None)
    new = Draft(draft.text if both is None else both, table["hash"], "", draft.reason)
    found = await verdict(visit, new.text, table["text"])
    document = _document(visit, table, new, found) | {"conflict": {**theirs, "both": both is not None}}
    return as_page(visit, "table.html", document, status=409)


def gone_to_result(hash_: str) -> web.Response:
    return web.Response(status=303, headers={"Location": f"/table/result?{urlencode({'hash': hash_})}"})


async def _too_large(visit: Visit) -> web.Response:
    table = await tables.table_document(visit)
    draft = Draft(table["text"], table["hash"])
    found = await verdict(visit, draft.text, draft.text)
    template = "table_verdict.html" if _is_part(visit) else "table.html"
    is_part = template == "table_verdict.html"  # htmx shows only what was answered well
    document = _document(visit, table, draft, found, [TOO_LARGE])
    return as_page(visit, template, document, status=200 if is_part else 413)


def _without_file(visit: Visit, error: Refused) -> web.Response:
    """What is in force can be read all the same, and is changed where it comes from."""
    table = {
        "version": visit.instance.told["table_version"],
        "source": visit.instance.told["table"]["source"],
        "hash": "",
        "in_force": True,
        "text": visit.instance.text or "",
    }
    document = _document(visit, table, Draft(table["text"], ""), None, [str(error)]) | {"can_change": False}
    return as_page(visit, "table.html", document, status=error.status)


def _document(
    visit: Visit, table: Document, draft: Draft, found: Document | None, notices: list[str] | None = None
) -> Document:
    return {
        "table": {key: table[key] for key in ("version", "source", "hash", "in_force")},
        "text": draft.text,
        "lines": draft.text.count("\n") + 1,
        "widest": min(WIDEST, max(40, *map(len, ("", *draft.text.split("\n"))))) + 2,
        "base": draft.base,
        "reason": draft.reason,
        "verdict": found,
        "conflict": None,
        "notices": notices or [],
        "part": _is_part(visit),
        "can_change": visit.caller.may(Right.OPERATE),
        "most_reason": MAX_REASON,
    }


def _is_part(visit: Visit) -> bool:
    """Whether a page asks that has the text already, and wants to know what is to be said of it."""
    return "HX-Request" in visit.request.headers
