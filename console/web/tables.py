"""What programs and pages do with the route table: read it, plan a change, write it, go back. As the commands do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

from console.audit.record import table_words
from console.exits import Complaint, Invalid, Undecided
from console.table.file import TableFile
from console.table.plan import Plan
from console.table.replacing import why
from console.table.versions import NoVersion, text_of, version_document, version_to_restore
from console.web.answers import Document
from console.web.judged import checked, planned
from console.web.refused import Refused
from console.web.visit import Visit
from proxy.model.versions import TableVersion, hash_of, read_versions

T = TypeVar("T")

MAX_DIGITS: Final = 12

ANY: Final = "*"
"""In place of a hash: whatever the file holds."""


async def table_document(visit: Visit) -> Document:
    """The file as it is now; ``in_force`` says whether that is what the instance has. Raises Refused."""
    file = await _file(visit)
    told = visit.instance.told
    hash_ = hash_of(file.text)
    return {
        "version": told["table_version"],
        "source": told["table"]["source"],
        "hash": hash_,
        "in_force": hash_ == told["table"]["hash"],
        "text": file.text,
    }


async def versions_of(visit: Visit) -> list[TableVersion]:
    """Raises Refused."""
    try:
        return await asyncio.to_thread(read_versions, visit.instance.journal)
    except OSError as error:
        raise Refused(503, f"the journal of table versions cannot be read: {error.strerror}") from error


async def version_of(visit: Visit, given: str) -> Document:
    """With its text, and what it changed. Raises Refused."""
    versions = await versions_of(visit)
    try:
        return await asyncio.to_thread(version_document, versions, number_of(given))
    except NoVersion as error:
        raise Refused(404, str(error)) from error


def number_of(given: str) -> int:
    """The number of a version, as an address or a form says it. Raises Refused."""
    if not (given.isascii() and given.isdecimal() and len(given) <= MAX_DIGITS):
        raise Refused(404, f"{given[:40]!r} is no number of a version; /table/versions lists them")
    return int(given)


async def plan(visit: Visit, text: str) -> Plan:
    """What ``text`` would change in the table in force. Raises Refused."""
    return await planned(visit, text, await checked(text))


async def write(visit: Visit, text: str, reason: str, hash_: str) -> Document:
    """Put ``text`` into the file, if that holds what has ``hash_``. Raises Refused: 412 if it holds something else."""
    file = await _file(visit)
    if hash_ not in {ANY, hash_of(file.text)}:
        raise Refused(412, "the table was changed meanwhile: read it again, and put your change into it")
    await checked(text)
    return await _replaced(visit, file, text, reason)


async def restore(visit: Visit, number: int | None, reason: str) -> Document:
    """Put the text of an earlier version into the file; None is as with ``strangler rollback``. Raises Refused."""
    file = await _file(visit)
    try:
        found = version_to_restore(await versions_of(visit), number, file.text)
        text = text_of(found)
    except NoVersion as error:
        raise Refused(404, str(error)) from error
    visit.record.names(version=str(found.number))
    await checked(text)
    done = await _replaced(visit, file, text, why(f"back to version {found.number}", reason))
    return {"restored": found.number, **done}


async def _file(visit: Visit) -> TableFile:
    source = visit.instance.told["table"]["source"]
    if not source:
        raise Refused(503, "no table is in force yet: try again in a moment")
    if source.startswith("--legacy"):
        raise Refused(
            404,
            f"there is no table: everything goes to one URL ({source}). `strangler init` writes one, --config takes it",
        )
    return await _unless_refused(409, lambda: TableFile(source, must_be_good=False))


async def _replaced(visit: Visit, file: TableFile, text: str, reason: str) -> Document:
    before = file.text
    changed = text != before
    if changed:
        await _unless_refused(412, lambda: file.replace(text))
        visit.instance.ask_for_reload(visit.caller.name, reason, hash_of(file.text))
        words = await asyncio.to_thread(table_words, visit.instance.table, file.table)
        visit.record.changed({"table": hash_of(before)}, {"table": hash_of(text)}, words)
    return {"changed": changed, "hash": hash_of(file.text), "table_version": visit.instance.told["table_version"]}


async def _unless_refused(status: int, change: Callable[[], T]) -> T:
    """In a thread. What a command would end with is refused here."""
    try:
        return await asyncio.to_thread(change)
    except Invalid as error:
        raise Refused(status, error.message) from error
    except (Undecided, Complaint) as error:
        raise Refused(503, error.message) from error
