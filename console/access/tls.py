"""TLS of the admin port: as towards users, with its own certificate. Good new files are taken over, bad ones change nothing."""

from __future__ import annotations

import asyncio
import logging
import ssl

from proxy.listen.tls import BadCertificate, ServerTls
from proxy.model.listen import Certificate, ClientTls
from proxy.model.settings import Settings
from proxy.supervise.certificates import Found, read_certificates, stamps_of
from proxy.watch import POLL_SECONDS, Look, Settling

log = logging.getLogger(__name__)


def admin_tls(settings: Settings) -> ClientTls | None:
    if not settings.admin_cert:
        return None
    return ClientTls((Certificate(settings.admin_cert, settings.admin_key),))


class AdminTls:
    """``context`` is for the listening socket, for good: each handshake takes the certificate that is in use then. ``error`` says what is
    wrong with the files now. Raises BadCertificate."""

    def __init__(self, tls: ClientTls) -> None:
        self.error: str | None = None
        self._tls = tls
        self._found = read_certificates(tls)
        self._settling = Settling(self._found.stamps)
        self.context = self._newest = ServerTls(tls, self._found.texts).context
        self.context.sni_callback = self._choose

    @property
    def names(self) -> tuple[str, ...]:
        """Host names in the certificate: whoever holds its key has a right to them."""
        return tuple(name for facts in self._found.facts.values() for name in facts.names)

    def _choose(self, connection: ssl.SSLObject, _name: str | None, _: ssl.SSLContext) -> None:
        connection.context = self._newest

    async def follow(self) -> None:
        """Watch the files until cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            await asyncio.sleep(POLL_SECONDS)
            look = self._settling.look(await asyncio.to_thread(stamps_of, self._tls), clock())
            if look is Look.WAIT:
                continue
            try:
                self._take(await asyncio.to_thread(read_certificates, self._tls))
            except BadCertificate as error:
                if self._settling.is_finally_bad(clock()):
                    self._refuse(str(error))

    def _refuse(self, error: str) -> None:
        if error != self.error:
            self.error = error
            log.error("the admin port's certificate is bad, the last good one stays in use", extra={"mistakes": error})

    def _take(self, found: Found) -> None:
        if found.texts != self._found.texts:
            self._newest = ServerTls(self._tls, found.texts).context
            self._found = found
            log.info("the admin port has a new certificate")
        self.error = None
