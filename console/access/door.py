"""Who comes in at the admin port. ``OpenDoor`` lets everybody in, ``ClosedDoor`` those who have a secret or a session."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from console.access.attempts import Attempts
from console.access.current_users import CurrentUsers
from console.access.secret import MOST_SECRET, NOBODY_S, is_password
from console.access.sessions import Session, Sessions, fingerprint
from console.access.users import User
from console.web.caller import LOCAL, NOBODY, Caller

MOST_WAITING: Final = 16
"""Logins that wait for their turn: one password is tried at a time, since each try takes 32 MiB."""


@dataclass(frozen=True, slots=True)
class Entry:
    """``session`` is None for programs, and where nobody is asked. ``trouble``: a secret was shown, and it is none."""

    caller: Caller
    session: Session | None = None
    trouble: str = ""


class TooMany(Exception):
    """Too many tries to log in; another one is possible after ``seconds``."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = max(1, int(seconds + 0.999))


class NotLetIn(Exception):
    """A provider does not vouch for them, or for nothing that is open to them; says why, for the log."""


class Door(Protocol):
    """``asks``: whether anybody is asked who they are. ``error`` is what is wrong with the list of users."""

    @property
    def asks(self) -> bool: ...

    @property
    def error(self) -> str | None: ...

    def who(self, headers: Mapping[str, str], cookie: str | None) -> Entry: ...

    def knows(self, name: str) -> bool: ...

    async def recognise(self, address: str, name: str, secret: str) -> User | None: ...

    def let_in(self, who: User | Caller, cookie: str | None) -> str: ...

    def log_out(self, cookie: str | None) -> str | None: ...


class OpenDoor:
    asks: Final = False
    error: Final = None

    def who(self, headers: Mapping[str, str], cookie: str | None) -> Entry:  # noqa: ARG002 - as a closed door has it
        return Entry(LOCAL)

    def knows(self, name: str) -> bool:  # noqa: ARG002 - as above
        return False

    async def recognise(self, address: str, name: str, secret: str) -> User | None:  # noqa: ARG002 - as above
        return None

    def let_in(self, who: User | Caller, cookie: str | None) -> str:  # noqa: ARG002 - as above
        raise NotLetIn("nobody is asked who they are")

    def log_out(self, cookie: str | None) -> str | None:  # noqa: ARG002 - as above
        return None


class ClosedDoor:
    def __init__(self, current: CurrentUsers, clock: Callable[[], float] = time.monotonic) -> None:
        self._current = current
        self._clock = clock
        self._sessions = Sessions()
        self._attempts = Attempts()
        self._one_at_a_time = asyncio.Semaphore(1)
        self._waiting = 0

    @property
    def asks(self) -> bool:
        return True

    @property
    def error(self) -> str | None:
        return self._current.error

    def who(self, headers: Mapping[str, str], cookie: str | None) -> Entry:
        """``headers`` beat the cookie: a program that shows a bad token does not become somebody else."""
        shown = headers.get("Authorization")
        if shown is not None:
            return self._of_token(shown)
        if cookie is None:
            return Entry(NOBODY)
        # Pages load their numbers anew by themselves: that is nobody's doing, and keeps no session alive.
        session = self._sessions.find(cookie, self._clock(), touch=headers.get("HX-Trigger") != "live")
        if session is not None and session.caller is not None:
            return Entry(session.caller, session)
        user = self._current.users.get(session.user) if session is not None else None
        if session is None or user is None or fingerprint(user) != session.secrets:
            return Entry(NOBODY)
        return Entry(_caller(user), session)

    def knows(self, name: str) -> bool:
        return self._current.users.get(name) is not None

    async def recognise(self, address: str, name: str, secret: str) -> User | None:
        """None if name and secret are not those of a user. Raises TooMany."""
        if self._waiting >= MOST_WAITING:
            raise TooMany(1)
        if wait := self._attempts.take(address, name, self._clock()):
            raise TooMany(wait)
        self._waiting += 1
        try:
            async with self._one_at_a_time:
                user = await asyncio.to_thread(self._user_with, name, secret)
        finally:
            self._waiting -= 1
        if user is not None:
            self._attempts.succeeded(address, name)
        return user

    def let_in(self, who: User | Caller, cookie: str | None) -> str:
        """The id of a new session of a user, or of one whom a provider vouches for. A session that there was ends."""
        self.log_out(cookie)
        begin = (
            self._sessions.begin_of(who, self._clock())
            if isinstance(who, Caller)
            else self._sessions.begin(who, self._clock())
        )
        return begin[0]

    def log_out(self, cookie: str | None) -> str | None:
        """Whose session ended, if there was one."""
        session = self._sessions.find(cookie, self._clock()) if cookie is not None else None
        if cookie is None or session is None:
            return None
        self._sessions.end(cookie)
        return session.user

    def _of_token(self, shown: str) -> Entry:
        scheme, _, token = shown.partition(" ")
        if scheme.lower() != "bearer":
            return Entry(NOBODY, trouble=f"{scheme[:20]!r} is not understood here: send `Authorization: Bearer TOKEN`")
        token = token.strip()
        user = self._current.users.of_token(token) if 0 < len(token) <= MOST_SECRET else None
        return Entry(_caller(user)) if user is not None else Entry(NOBODY, trouble="this token is none of a user's")

    def _user_with(self, name: str, secret: str) -> User | None:
        """Takes as long whoever is named, and whatever is shown: a token of the user is as good as the password."""
        if len(secret) > MOST_SECRET:
            return None
        user = self._current.users.get(name)
        by_password = is_password(secret, (user.password if user else "") or NOBODY_S)
        owner = self._current.users.of_token(secret)
        return user if user is not None and (by_password or owner is user) else None


def _caller(user: User) -> Caller:
    return Caller(user.name, user.role, user.bodies)
