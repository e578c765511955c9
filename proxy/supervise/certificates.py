"""The certificates in use, and the files they come from: good new files are taken over, bad ones change nothing.

The supervisor alone reads the files. What it found good it keeps as text and hands to every proxy worker, so all of them show the same,
and one that starts later too, whatever the files have become.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

from proxy.listen.certificate_check import Facts, facts_of
from proxy.listen.tls import NO_TEXTS, BadCertificate, CertificateTexts, certificate_context, files_of
from proxy.model.counters import Counters
from proxy.model.listen import ClientTls
from proxy.status import CertificateStatus
from proxy.watch import POLL_SECONDS, Look, Settling, Stamp, stamp_of

log = logging.getLogger(__name__)

MAX_BYTES: Final = 1024 * 1024
"""Of one file; a certificate with its chain has some 5 KiB, all authorities of a browser have 250 KiB."""

MAX_ALL_BYTES: Final = 8 * 1024 * 1024
"""Of all files: they go to the workers in one message."""


class Found(NamedTuple):
    """Files that are good: their texts, and the facts of each certificate by its path. ``stamps`` are older than the texts, so that no
    change is missed."""

    tls: ClientTls | None
    texts: CertificateTexts = NO_TEXTS
    facts: dict[str, Facts] = {}  # noqa: RUF012 - never changed
    stamps: tuple[Stamp, ...] | None = None


NO_CERTIFICATES: Final = Found(None)


def read_certificates(tls: ClientTls | None) -> Found:
    """Read and try everything that ``tls`` names. Raises BadCertificate with the first thing that is wrong."""
    if tls is None:
        return NO_CERTIFICATES
    stamps = stamps_of(tls)
    kinds = {tls.client_ca: "client_ca"} if tls.client_ca else {}
    for pair in tls.certificates:
        kinds |= {pair.key: "key", pair.certificate: "certificate"}
    files = {path: _text(kinds[path], path) for path in files_of(tls)}
    if sum(map(len, files.values())) > MAX_ALL_BYTES:
        raise BadCertificate(f"all files together have more than {MAX_ALL_BYTES // 1024 // 1024} MiB; give fewer")
    facts = {}
    for pair in tls.certificates:
        context = certificate_context(pair, tls, files, protocols=["http/1.1"])
        facts[pair.certificate] = facts_of(pair.certificate, files[pair.certificate], context)
    return Found(tls, CertificateTexts(files, {path: known.names for path, known in facts.items()}), facts, stamps)


def _text(kind: str, path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or "not readable"
        raise BadCertificate(f"{kind} {path}: {reason.lower()}; check the path and its permissions") from None
    if len(data) > MAX_BYTES:
        raise BadCertificate(f"{kind} {path}: larger than {MAX_BYTES // 1024} KiB; this is hardly a PEM file")
    return data.decode("ascii", "replace")


class CurrentCertificates:
    """``use`` what a new table names; ``follow`` its files from then on. ``error`` says what is wrong with them now."""

    def __init__(self, counters: Counters, clock: Callable[[], float] = time.time) -> None:
        self.error: str | None = None
        self._counters = counters
        self._clock = clock
        self._found = NO_CERTIFICATES
        self._settling = Settling(None)
        self._asked = False

    @property
    def message(self) -> dict[str, Any]:
        """The control message that gives the texts to a proxy worker."""
        return self._found.texts.to_message()

    @property
    def status(self) -> CertificateStatus | None:
        if self._found.tls is None:
            return None
        in_use = tuple((path, facts.names, float(facts.expires)) for path, facts in self._found.facts.items())
        return CertificateStatus(in_use, self.error)

    def use(self, found: Found) -> None:
        """These are in use now: a good table names them, or their files have changed."""
        if found.tls != self._found.tls:
            self._settling = Settling(found.stamps)
        for path in self._found.facts:
            self._tell_expiry(path, 0)
        self._found, self.error = found, None
        for path, facts in found.facts.items():
            self._tell_expiry(path, facts.expires)
            if facts.expires < self._clock():
                log.warning("a certificate has expired", extra={"certificate": path, "expired_at": _day(facts.expires)})
        self._tell_bad()

    def ask_for_reload(self) -> None:
        """Somebody wants the files read now, changed or not."""
        self._asked = True

    async def follow(self, changed: Callable[[], None]) -> None:
        """Watch the files until cancelled; ``changed`` is called when others are in use, or something is wrong, or right again."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            if self._found.tls is not None and await self._look():
                changed()

    async def _look(self) -> bool:
        tls, clock = self._found.tls, asyncio.get_running_loop().time
        asked, self._asked = self._asked, False
        look = self._settling.look(await asyncio.to_thread(stamps_of, tls), clock())
        if look is Look.WAIT and not asked:
            return False
        error = None
        try:
            found = await asyncio.to_thread(read_certificates, tls)
            self._check_dates(found)
        except BadCertificate as bad:
            if look is Look.READ and not self._settling.is_finally_bad(clock()):
                return False  # half of the files may be new, and the other half on its way
            error = str(bad)
        if self._found.tls != tls:
            return False  # a new table came meanwhile
        return self._refuse(error) if error is not None else self._take(found)

    def _check_dates(self, found: Found) -> None:
        """Raises BadCertificate: what has expired does not replace what has not."""
        now = self._clock()
        for path, facts in found.facts.items():
            if facts.expires <= now < self._found.facts[path].expires:
                raise BadCertificate(f"certificate {path}: has expired on {_day(facts.expires)}; make another one")

    def _refuse(self, error: str) -> bool:
        if error == self.error:
            return False
        self.error = error
        self._tell_bad()
        log.error("certificates are bad, the last good ones stay in use", extra={"mistakes": error})
        return True

    def _take(self, found: Found) -> bool:
        if found.texts == self._found.texts and self.error is None:
            return False
        self.use(found)
        log.info("new certificates", extra={"certificates": list(found.facts)})
        return True

    def _tell_bad(self) -> None:
        self._counters.values[self._counters.slot("strangler_certificate_bad")] = int(self.error is not None)

    def _tell_expiry(self, path: str, expires: int) -> None:
        self._counters.values[self._counters.slot("strangler_certificate_expiry_seconds", certificate=path)] = expires


def stamps_of(tls: ClientTls | None) -> tuple[Stamp, ...] | None:
    """The stamps of all files, None if one of them is missing."""
    stamps = []
    for path in files_of(tls) if tls is not None else ():
        stamp = stamp_of(Path(path))
        if stamp is None:
            return None
        stamps.append(stamp)
    return tuple(stamps)


def _day(at: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(at))
