"""The table in force, and the file it comes from: a good new text becomes the next version, a bad one changes nothing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from proxy.listen.tls import BadCertificate
from proxy.model.counters import Counters
from proxy.model.listen import ClientTls
from proxy.model.packed import MAX_PACKED, pack
from proxy.model.versions import FILE, MAX_BY, MAX_REASON, TableVersion, hash_of
from proxy.status import TableStatus
from proxy.supervise.cannot_start import CannotStart
from proxy.supervise.certificates import NO_CERTIFICATES, CurrentCertificates, Found, read_certificates, stamps_of
from proxy.supervise.journal import Journal
from proxy.table.load import load_table, transparent_table
from proxy.table.mistakes import BadTable, render_mistakes
from proxy.table.unfilled import shown_mistakes, shown_paths
from proxy.watch import MISSING_SECONDS, POLL_SECONDS, Look, Settling, Stamp, Unreadable, read_text, stamp_of

log = logging.getLogger(__name__)

MAX_SAID = 16
"""Changes that were announced and not read yet."""


@dataclass(frozen=True, slots=True)
class Said:
    """Who changed the table, and why. ``hash`` is that of the text that is meant; None: whatever is read next."""

    by: str
    reason: str = ""
    hash: str | None = None

    @classmethod
    def of(cls, message: dict[str, Any]) -> Said | None:
        """What a control message ``reload`` says of it, None if it says nothing."""
        match message:
            case {"by": str(by)} if by:
                reason, hash_ = message.get("reason"), message.get("hash")
                return cls(
                    by[:MAX_BY],
                    reason[:MAX_REASON] if isinstance(reason, str) else "",
                    hash_ if isinstance(hash_, str) else None,
                )
        return None


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading the file once more. ``error`` says all that is wrong with ``text``, or why there is none; ``packed`` is the table
    that it describes, ``found`` are the certificates that it names."""

    result: Literal["good", "same", "bad"]
    text: str = ""
    error: str | None = None
    packed: str = ""
    found: Found = NO_CERTIFICATES


class CurrentTable:
    """``version`` counts good texts, in the journal also over restarts. Without a file the table is the transparent one: everything goes to ``legacy_url``. The files of
    certificates that a table names are part of it: if one of them is bad, it is a bad table."""

    def __init__(
        self, config: str | None, legacy_url: str | None, counters: Counters, journal: Journal | None = None
    ) -> None:
        self.certificates = CurrentCertificates(counters)
        self.source = config if config is not None else f"--legacy {legacy_url}"
        self._path = Path(config) if config is not None else None
        self._legacy_url = legacy_url
        self._counters = counters
        self._journal = journal or Journal(None)
        self._in_force: TableVersion | None = None
        self._said: deque[Said] = deque(maxlen=MAX_SAID)
        self._asked = asyncio.Event()
        self._settling = Settling(None)
        self._told: Reading | None = None
        self._text: str | None = None
        self._packed = ""
        self._error: str | None = None
        self._loaded_at = 0.0
        self._awaited: ClientTls | None = None
        self._awaited_stamps: tuple[Stamp, ...] | None = None

    def load_first(self) -> str | None:
        """Put the first table in force, or say all that is wrong with it. Raises CannotStart for certificates."""
        if self._path is None:
            try:
                table = transparent_table(self._legacy_url or "")
            except BadTable as error:
                return "\n".join(
                    f"{self.source}: {mistake.message}; {mistake.suggestion or 'correct it'}"
                    for mistake in error.mistakes
                )
            self._put_in_force(None, pack(table), NO_CERTIFICATES, self._numbered(None, Said(FILE)))
            return None
        self._settling = Settling(stamp_of(self._path))
        try:
            reading = self._read(self._path)
        except BadCertificate as error:
            raise CannotStart(f"{self.source}: listen.tls: {error}") from None
        if reading.error is None:
            version = self._numbered(reading.text, Said(FILE))
            self._put_in_force(reading.text, reading.packed, reading.found, version)
        return reading.error

    @property
    def version(self) -> int:
        return self._in_force.number if self._in_force is not None else 0

    @property
    def status(self) -> TableStatus:
        return TableStatus(self.version, self.source, self._loaded_at, self._error, self._in_force, self._journal.error)

    @property
    def message(self) -> dict[str, Any]:
        """The control message that gives the table to a child."""
        return {
            "type": "table",
            "version": self.version,
            "source": self.source,
            "text": self._text,
            "table": self._packed,
        }

    def ask_for_reload(self, said: Said | None = None) -> None:
        """Somebody wants the file read now, changed or not; ``said`` if that is because of a change that he made."""
        if said is not None:
            self._said.append(said)
        if self._path is None:
            log.warning("no file to reload, everything goes to one URL", extra={"source": self.source})
        self.certificates.ask_for_reload()
        self._asked.set()

    async def follow(self, read: Callable[[Reading], None]) -> None:
        """Watch the file until cancelled; ``read`` is called after each reading that counts."""
        while True:
            asked = await self._waited()
            reading = await self._look(asked=asked)
            if reading is not None:
                await self._take(reading)
                read(reading)

    async def _waited(self) -> bool:
        """Wait for the next look; says whether somebody asked for it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECONDS):
                await self._asked.wait()
        asked = self._asked.is_set()
        self._asked.clear()
        return asked

    async def _look(self, *, asked: bool) -> Reading | None:
        path = self._path
        if path is None:
            return Reading("same") if asked else None
        clock = asyncio.get_running_loop().time
        # In threads, since a file on a network may take its time, and a large table takes a second to check.
        look = self._settling.look(await asyncio.to_thread(stamp_of, path), clock())
        asked = asked or await asyncio.to_thread(self._awaited_changed)
        if look is Look.MISSING:
            return Reading("bad", error=f"{path}: missing for {MISSING_SECONDS:g} s; put the file back")
        if look is Look.WAIT and not asked:
            return None
        reading = await asyncio.to_thread(self._read_all, path)
        if reading.error is not None and not asked and not self._settling.is_finally_bad(clock()):
            return None
        return reading

    def _awaited_changed(self) -> bool:
        """Whether the bad certificates of a table that is otherwise good may have become good."""
        if self._awaited is None:
            return False
        before, self._awaited_stamps = self._awaited_stamps, stamps_of(self._awaited)
        return before != self._awaited_stamps

    def _read_all(self, path: Path) -> Reading:
        try:
            return self._read(path)
        except BadCertificate as error:
            return Reading("bad", error=f"{self.source}: listen.tls: {error}")

    def _read(self, path: Path) -> Reading:
        """Raises BadCertificate."""
        self._awaited = None
        try:
            text = read_text(path, again=self.version > 0)
        except Unreadable as error:
            return Reading("bad", error=str(error))
        if text == self._text:
            return Reading("same", text)
        try:
            table = load_table(text, source=self.source, version=self.version + 1, with_files=True)
        except BadTable as error:
            return Reading("bad", text, self._told_of(text, error))
        except Exception as error:  # noqa: BLE001 - a fault of ours that some text brings out must not end an instance that works
            # The message may hold what a variable stands for, so only where and what sort of fault it is is told.
            where = "".join(traceback.format_tb(error.__traceback__))
            log.error("the route table could not be checked", extra={"source": self.source, "stacks": where})  # noqa: TRY400 - as said
            return Reading(
                "bad", text, f"{self.source}: could not be checked: {type(error).__name__}; please report this"
            )
        self._awaited = table.listen.tls
        self._awaited_stamps = stamps_of(self._awaited)
        try:
            found = read_certificates(self._awaited)
        except BadCertificate as error:
            raise BadCertificate(shown_paths(text, str(error), self._awaited, os.environ)) from None
        self._awaited = None
        packed = pack(table)
        if len(packed) > MAX_PACKED:
            return Reading(
                "bad",
                text,
                f"{self.source}: too large to be handed to the workers; write fewer routes or shorter values",
            )
        return Reading("good", text, packed=packed, found=found)

    def _told_of(self, text: str, error: BadTable) -> str:
        """For the log, the status and every page: without what variables stand for."""
        try:
            shown = shown_mistakes(text, error.mistakes, os.environ)
        except Exception:  # noqa: BLE001 - as for a text that cannot be checked
            return error.places
        return render_mistakes(shown, self.source, text).rstrip()

    async def _take(self, reading: Reading) -> None:
        was_bad = self._error is not None
        self._error = reading.error
        self._counters.add("strangler_table_reloads", result=reading.result)
        self._counters.values[self._counters.slot("strangler_table_bad")] = int(reading.result == "bad")
        if reading.result == "bad":
            self._said = deque((said for said in self._said if said.hash is not None), MAX_SAID)
            self._tell(reading)
            return
        self._told = None
        said = self._said_of(reading.text)
        if reading.result == "good":
            version = await asyncio.to_thread(self._numbered, reading.text, said or Said(FILE))
            self._put_in_force(reading.text, reading.packed, reading.found, version)
            log.info(
                "new route table",
                extra={"source": self.source, "version": version.number, "by": version.by, "reason": version.reason},
            )
            return
        if said is not None:
            await self._amend(said)
        if was_bad:
            log.info("the route table is good again", extra={"source": self.source, "version": self.version})

    def _tell(self, reading: Reading) -> None:
        """Loudly, once for each bad text, not once for each look at it."""
        if reading != self._told:
            self._told = reading
            log.error(
                "the route table is bad, the last good one stays in force",
                extra={"source": self.source, "version_in_force": self.version, "mistakes": reading.error},
            )

    def _said_of(self, text: str) -> Said | None:
        """Who made this text, as far as it was said; forgets that."""
        hash_ = hash_of(text)
        for said in reversed(self._said):
            if said.hash in {None, hash_}:
                self._said.remove(said)
                return said
        return None

    async def _amend(self, said: Said) -> None:
        """We were faster than the one who changed the file: its text is in force already, as an edit by hand."""
        if said.hash is None or self._in_force is None or self._in_force.by != FILE:
            return
        self._in_force = replace(self._in_force, by=said.by, reason=said.reason)
        await asyncio.to_thread(self._journal.amend, self._in_force)

    def _numbered(self, text: str | None, said: Said) -> TableVersion:
        """The version that this text becomes, or is. Waits for the disk, but not for long."""
        hash_ = hash_of(self.source if text is None else text)
        new = TableVersion(self.version + 1, time.time(), said.by, said.reason, hash_, self.source, text)
        return self._journal.put(new)

    def _put_in_force(self, text: str | None, packed: str, found: Found, version: TableVersion) -> None:
        self._text, self._packed = text, packed
        self.certificates.use(found)
        self._loaded_at = time.time()
        self._in_force = replace(version, text=None)
