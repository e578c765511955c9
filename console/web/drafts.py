"""What somebody wants to be the route table: a text that was sent, held against the file and against the table in force. Pages show it,
and put it in force if it is still what was planned."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any, Final

from console.table.diff import unified
from console.table.plan import plan_document
from console.web import tables
from console.web.judged import judged, mistake_document, planned
from console.web.visit import Visit
from proxy.model.versions import hash_of
from proxy.table.mistakes import Mistake, excerpt

Document = dict[str, Any]

MOST_TOLD: Final = 50
"""Mistakes, or warnings, on one page."""

MOST_DIFF: Final = 400
"""Lines of a diff on one page."""

WIDTH: Final = 100
"""Columns of an excerpt."""

_STRANGE: Final = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
"""Characters that are not seen, or that make a line read otherwise than it is: allowed in a table, and never by accident."""

_BREAK: Final = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Draft:
    """``base`` is the hash of the file that it was made from, ``planned`` that of the text whose plan was seen, empty if none was."""

    text: str
    base: str
    planned: str = ""
    reason: str = ""


def as_in_file(sent: str, file: str) -> str:
    """``sent`` by a form, which makes every line end CRLF: with the line ends of the file, and the file itself if nothing else differs."""
    plain = _BREAK.sub("\n", sent)
    if plain == _BREAK.sub("\n", file):
        return file
    return plain.replace("\n", "\r\n") if 2 * file.count("\r\n") > file.count("\n") else plain


async def verdict(visit: Visit, text: str, file: str) -> Document:
    """All that is to be said of ``text`` before it takes the place of ``file``; no plan if it is the same. Raises Refused where no table is in force."""
    found = await judged(visit, text)
    good = found.table is not None
    told = await asyncio.to_thread(_told, found.found, text)
    return {
        "ok": good,
        "mistakes": [] if good else told,
        "warnings": told if good else [],
        "hidden": max(0, len(found.found) - MOST_TOLD),
        "routes": len(found.table.routes) if found.table else None,
        "backends": len(found.table.backends) if found.table else None,
        "strange": await asyncio.to_thread(_strange, text),
        "changed": text != file,
        "plan": plan_document(await planned(visit, text, found.table)) if found.table and text != file else None,
        "against": visit.instance.told["table_version"],
        "diff": await asyncio.to_thread(shown_diff, file, text, "the file", "your text"),
        "planned": hash_of(text),
    }


def shown_diff(old: str, new: str, before: str, after: str) -> Document:
    return cut(unified(old, new, before, after))


def cut(diff: str) -> Document:
    """``text`` is what is shown of it; ``hidden`` says how many lines are not."""
    lines = diff.splitlines(keepends=True)
    return {"text": "".join(lines[:MOST_DIFF]), "hidden": max(0, len(lines) - MOST_DIFF)}


async def conflict(visit: Visit, draft: Draft, file: str) -> Document:
    """The file is not what the draft was made from: who changed it, and what both did. ``base`` is None where nobody kept it."""
    versions = await tables.versions_of(visit)
    base = next((one.text for one in reversed(versions) if one.hash == draft.base and one.text is not None), None)
    theirs = next((one for one in reversed(versions) if one.hash == hash_of(file)), None)
    return {
        "base": base,
        "theirs": None if theirs is None else theirs.to_json(),
        "their_diff": None if base is None else shown_diff(base, file, "what you edited", "what there is now"),
        "your_diff": shown_diff(file if base is None else base, draft.text, "what you edited", "your text"),
        "yours": draft.text,
    }


def _told(found: tuple[Mistake, ...], text: str) -> list[Document]:
    lines = _BREAK.split(text.removeprefix("\ufeff"))
    return [
        {
            **mistake_document(one),
            "excerpt": excerpt(lines[one.line - 1], one.line, one.column - 1, WIDTH)
            if one.line <= len(lines) and lines[one.line - 1].strip()
            else [],
        }
        for one in found[:MOST_TOLD]
    ]


def _strange(text: str) -> list[Document]:
    """The first lines that hold such characters, with their numbers."""
    found: list[Document] = []
    for match in _STRANGE.finditer(text):
        line = len(_BREAK.findall(text, 0, match.start())) + 1
        if not found or found[-1]["line"] != line:
            found.append({"line": line, "character": f"U+{ord(match[0]):04X}"})
        if len(found) == MOST_TOLD // 5:
            break
    return found
