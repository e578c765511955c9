"""What is asked of the provider: where its doors are, its keys, and a token for a code.

All of it is bounded, and tokens go nowhere but to the addresses that the issuer itself names, over TLS (or this machine's own loopback).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote_plus

from aiohttp import ClientError, ClientSession, ClientTimeout, encode_basic_auth
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from console.oidc.attempt import Refused
from console.oidc.id_token import UnknownKey, claims_of
from console.oidc.settings import OidcSettings, wrong_address

TIMEOUT: Final = ClientTimeout(total=10.0)
LARGEST: Final = 256 * 1024
"""Bytes of one answer."""

KEPT: Final = 3600.0
"""Seconds for which addresses and keys are taken as known."""
ASKED_AGAIN: Final = 30.0
"""Seconds between two looks for a new key: tokens signed by nobody must not make us ask all the time."""


@dataclass(frozen=True, slots=True)
class Known:
    """``in_form``: the client's secret goes into the form of the exchange, since the provider does not take it as a header."""

    authorization: str
    token: str
    keys: KeySet
    in_form: bool
    at: float


class Provider:
    """``clock`` is monotonic seconds, ``today`` Unix time."""

    def __init__(
        self,
        settings: OidcSettings,
        clock: Callable[[], float] = time.monotonic,
        today: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._today = today
        self._known: Known | None = None

    async def authorization_endpoint(self) -> str:
        """Raises Refused."""
        return (await self._look()).authorization

    async def claims(self, code: str, verifier: str, nonce: str) -> Mapping[str, Any]:
        """Exchange ``code`` for an ID token, and check it. Raises Refused."""
        known = await self._look()
        said = await self._exchange(known, code, verifier)
        token, access_token = said.get("id_token"), said.get("access_token")
        if not isinstance(token, str):
            raise Refused("the provider gave no ID token")
        access_token = access_token if isinstance(access_token, str) else None
        try:
            return claims_of(token, known.keys, self._settings, nonce, access_token, self._today())
        except UnknownKey:
            if self._clock() - known.at < ASKED_AGAIN:
                raise
            known = await self._look(afresh=True)
            return claims_of(token, known.keys, self._settings, nonce, access_token, self._today())

    async def _look(self, *, afresh: bool = False) -> Known:
        known = self._known
        if known is None or afresh or self._clock() - known.at > KEPT:
            self._known = known = await self._discover()
        return known

    async def _discover(self) -> Known:
        """OpenID Connect Discovery, section 4."""
        issuer = self._settings.issuer
        found = await self._asked("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != issuer:  # section 4.3: or another provider could speak for this one
            raise Refused(f"{issuer} says that it is {str(found.get('issuer'))[:200]!r}")
        addresses = [found.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
        for address in addresses:
            if not isinstance(address, str) or (wrong_address(address)):
                raise Refused(f"{issuer} names an address that is not to be trusted: {str(address)[:200]!r}")
        authorization, token, jwks = map(str, addresses)
        try:
            keys = KeySet.import_key_set(await self._asked("GET", jwks))  # type: ignore[arg-type]  # it checks what comes
        except (JoseError, KeyError, TypeError, ValueError) as error:
            raise Refused(f"the keys of {issuer} cannot be read") from error
        # OpenID Connect Discovery, section 3: as a header, if it says nothing.
        ways = found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        in_form = isinstance(ways, list) and "client_secret_basic" not in ways and "client_secret_post" in ways
        return Known(authorization, token, keys, in_form, self._clock())

    async def _exchange(self, known: Known, code: str, verifier: str) -> dict[str, Any]:
        """RFC 6749, section 4.1.3, with RFC 7636, section 4.5."""
        client, secret = self._settings.client_id, self._settings.secret
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._settings.redirect,
            "client_id": client,
            "code_verifier": verifier,
        }
        if secret is None:
            return await self._asked("POST", known.token, form)
        if known.in_form:
            return await self._asked("POST", known.token, form | {"client_secret": secret})
        # RFC 6749, section 2.3.1: both are encoded as forms are, before they are put together.
        shown = encode_basic_auth(quote_plus(client), quote_plus(secret))
        return await self._asked("POST", known.token, form, {"Authorization": shown})

    async def _asked(
        self, method: str, address: str, form: dict[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        try:
            async with (
                ClientSession(timeout=TIMEOUT) as session,
                session.request(method, address, data=form, headers=headers, allow_redirects=False) as answer,
            ):
                body = await answer.content.read(LARGEST + 1)
                while len(body) <= LARGEST and (more := await answer.content.read(LARGEST + 1 - len(body))):
                    body += more
        except (ClientError, TimeoutError, OSError) as error:
            raise Refused(f"{address} cannot be asked: {type(error).__name__}") from error
        if answer.status != 200:
            raise Refused(f"{address} answered {answer.status}")
        if len(body) > LARGEST:
            raise Refused(f"{address} answered more than {LARGEST} bytes")
        try:
            found = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise Refused(f"{address} answered no JSON") from error
        if not isinstance(found, dict):
            raise Refused(f"{address} answered no JSON object")
        return found
