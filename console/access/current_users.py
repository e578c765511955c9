"""The users in force: those of the file as it was last good."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from console.access.users import BadUsers, Users
from console.access.users_file import read_users
from proxy.watch import POLL_SECONDS, Look, Settling

log = logging.getLogger(__name__)


class CurrentUsers:
    """``users`` are in force; ``error`` says what is wrong with the file now. A file that never was good lets nobody in."""

    def __init__(self, path: Path) -> None:
        self.users = Users()
        self.error: str | None = None
        self._path = path
        self._settling = Settling(_stamp(path))
        self._read()

    async def follow(self) -> None:
        """Watch the file until cancelled. A file that is gone changes nothing."""
        clock = asyncio.get_running_loop().time
        while True:
            await asyncio.sleep(POLL_SECONDS)
            look = self._settling.look(await asyncio.to_thread(_stamp, self._path), clock())
            if look is not Look.WAIT:
                await asyncio.to_thread(self._read)

    def _read(self) -> None:
        try:
            users = read_users(self._path)
        except (BadUsers, FileNotFoundError) as error:
            self.error = str(error) if isinstance(error, BadUsers) else f"{self._path}: there is no such file"
            log.error("the file of users is bad, the last good one stays in force", extra={"mistakes": self.error})  # noqa: TRY400 - whoever wrote the file needs no traceback
            return
        if users != self.users or self.error is not None:
            log.info("new users of the admin port", extra={"users": len(users)})
        self.users, self.error = users, None


def _stamp(path: Path) -> tuple[int, ...] | None:
    """What changes with the content, or with who may read it."""
    try:
        seen = path.stat()
    except OSError:
        return None
    return seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_mode, seen.st_uid
