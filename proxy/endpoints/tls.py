"""TLS towards backends: keeps what is made from their files, and makes it anew when the files change, off the loop."""

from __future__ import annotations

import asyncio
import logging
import ssl
from pathlib import Path

from proxy.model.listen import BackendTls
from proxy.model.tls_context import BadTlsFile, client_context, files_of
from proxy.watch import Stamp, stamp_of

log = logging.getLogger("proxy.endpoints")

LOOK_SECONDS = 10.0
"""How often the files are looked at."""

Stamps = tuple[Stamp | None, ...]


class Tls:
    """The context for one backend's connections. If new files are bad, the last good context stays."""

    __slots__ = ("_context", "_error", "_first", "_task", "settings")

    def __init__(self, settings: BackendTls) -> None:
        self.settings = settings
        self._context: ssl.SSLContext | None = None
        self._error = BadTlsFile("ca", "", "not read yet", "")
        self._first = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._follow(), name="TLS files")

    async def context(self) -> ssl.SSLContext:
        """Waits for the first reading of the files only. Raises BadTlsFile."""
        await self._first.wait()
        if self._context is None:
            raise self._error
        return self._context

    def close(self) -> None:
        self._task.cancel()

    async def _follow(self) -> None:
        before: Stamps | None = None
        while True:
            stamps = await asyncio.to_thread(self._stamps)
            if stamps != before:
                before = stamps
                await self._load()
                self._first.set()
            await asyncio.sleep(LOOK_SECONDS)

    async def _load(self) -> None:
        again = self._context is not None
        try:
            self._context = await asyncio.to_thread(client_context, self.settings)
        except BadTlsFile as error:
            self._error = error
            log.error("TLS files of a backend are bad", extra={"detail": f"{error}; {error.advice}", "kept": again})  # noqa: TRY400 - the file's fault, our traceback tells nothing
        else:
            if again:
                log.info("TLS files of a backend changed", extra={"files": list(files_of(self.settings))})

    def _stamps(self) -> Stamps:
        return tuple(stamp_of(Path(path)) for path in files_of(self.settings))


def words_for(error: OSError | BadTlsFile) -> str:
    """What a connection's error says, for people: what OpenSSL says of a certificate is all that counts."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not good: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        if error.reason in {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"}:
            return "it does not speak TLS on this port"
        return f"TLS failed: {(error.reason or str(error)).replace('_', ' ').lower()}"
    return (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
