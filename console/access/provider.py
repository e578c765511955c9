"""Logging in through a provider of OpenID Connect. Needs the extra ``oidc``, so it is imported only where a provider is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from console.access.door import NotLetIn
from console.oidc.attempt import Refused
from console.oidc.login import OidcLogin
from console.oidc.settings import BadSettings, OidcSettings, read_settings
from console.web.caller import Caller

BACK: Final = "/login/provider/back"
"""Where the provider sends people."""

PREFIX: Final = "oidc:"
"""Before the name of whoever came through the provider: no user of the file has a name like that."""


class ProviderLogin:
    """``name`` is what the login page calls the provider."""

    def __init__(self, settings: OidcSettings) -> None:
        self.name = urlsplit(settings.issuer).hostname or settings.issuer
        self._login = OidcLogin(settings)

    async def begin(self, after: str) -> tuple[str, str]:
        """The attempt's id, for the cookie, and where the browser goes. Raises NotLetIn."""
        try:
            begun = await self._login.begin(after)
        except Refused as error:
            raise NotLetIn(str(error)) from error
        return begun.id, begun.address

    async def end(self, id_: str | None, query: dict[str, str]) -> tuple[Caller, str]:
        """Who came back, and where they want to go. Raises NotLetIn."""
        try:
            caller, after = await self._login.end(id_, query)
        except Refused as error:
            raise NotLetIn(str(error)) from error
        return replace(caller, name=PREFIX + caller.name), after


def provider_settings(path: Path) -> OidcSettings:
    """Raises BadSettings."""
    settings = read_settings(path)
    if urlsplit(settings.redirect).path != BACK:
        raise BadSettings(f"{path}: redirect: {settings.redirect} does not lead here: its path is {BACK}")
    return settings
