"""An admin port that asks who comes: its users, and a browser of one of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import aiohttp

from console.access.current_users import CurrentUsers
from console.access.door import ClosedDoor
from console.access.secret import password_hash, token_hash
from console.access.users import User, Users
from console.access.users_file import write_users
from console.web.entrance import Entrance, Provider
from console.web.rights import Role
from tests.console.web.port import Port

PASSWORD: Final = "correct horse battery staple"
FORM: Final = {"Sec-Fetch-Site": "same-origin"}


def token_of(name: str) -> str:
    return f"strangler_token-of-{name}"


def _users() -> Users:
    """Of every role one who may see bodies and one who may not: ``viewer``, ``viewer-bodies`` and so on. All have one password."""
    hash_ = password_hash(PASSWORD)
    users = Users()
    for role in Role:
        for bodies in (False, True):
            name = f"{role}-bodies" if bodies else role.value
            users = users.with_(User(name, role, bodies, hash_, {"test": token_hash(token_of(name))}))
    return users


USERS: Final = _users()


class GuardedPort(Port):
    """``now`` is what its sessions take for the time."""

    def __init__(self, directory: Path, provider: Provider | None = None) -> None:
        self.now = 1_000.0
        self.file = directory / "users"
        write_users(self.file, USERS)
        self.users = CurrentUsers(self.file)
        super().__init__(directory, Entrance(ClosedDoor(self.users, lambda: self.now), provider=provider))


class Browser:
    """Keeps cookies, follows nothing, sends what a browser sends with a form."""

    def __init__(self, port: Port) -> None:
        self._port = port
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def __aenter__(self) -> Browser:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    @property
    def cookies(self) -> dict[str, str]:
        return {cookie.key: cookie.value for cookie in self._session.cookie_jar}

    async def ask(self, path: str, method: str = "GET", **options: Any) -> tuple[int, Any, aiohttp.ClientResponse]:
        headers = {"Accept": "text/html", **(FORM if method == "POST" else {}), **options.pop("headers", {})}
        asked = self._session.request(method, self._port.url + path, headers=headers, allow_redirects=False, **options)
        async with asked as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text and "json" in answer.content_type else text, answer

    async def log_in(
        self, name: str, password: str = PASSWORD, after: str = "/"
    ) -> tuple[int, str, aiohttp.ClientResponse]:
        """With the form that the login page shows."""
        csrf = re.search(r'name="csrf" value="([^"]+)"', (await self.ask("/login"))[1])
        data = {"name": name, "password": password, "next": after, **({"csrf": csrf[1]} if csrf else {})}
        return await self.ask("/login", "POST", data=data)

    async def csrf(self, path: str = "/system") -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', (await self.ask(path))[1])
        assert found is not None
        return found[1]
