"""One attempt to log in, from the way out to the way back. Pure: dice and clock are arguments.

The provider sends the browser back to us with a code. That it is the same browser, and our question that is answered, is proved by three values of
this attempt: ``state`` comes back in the address (RFC 6749, section 10.12), ``nonce`` inside the signed token (OpenID Connect Core, section
15.5.2), and ``verifier`` we alone can show when the code is exchanged (PKCE, RFC 7636).
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from console.oidc.settings import OidcSettings

LASTS = 600.0
"""Seconds until an attempt is given up."""


class Refused(Exception):
    """Nobody is logged in; says why, for the log. What the person is told has no details of the provider's."""


@dataclass(frozen=True, slots=True)
class Attempt:
    state: str
    nonce: str
    verifier: str
    until: float
    """Of the clock it was begun by."""


def begun(random: str, now: float) -> Attempt:
    """``random`` has at least 129 unguessable letters of URLs."""
    third = len(random) // 3
    if third < 43:  # RFC 7636, section 4.1
        raise ValueError("too few letters")
    return Attempt(random[:third], random[third : 2 * third], random[2 * third :], now + LASTS)


def way_out(attempt: Attempt, endpoint: str, settings: OidcSettings) -> str:
    """Where the browser is sent."""
    address: str = prepare_grant_uri(
        endpoint,
        settings.client_id,
        "code",
        settings.redirect,
        " ".join(settings.scopes),
        attempt.state,
        nonce=attempt.nonce,
        code_challenge=create_s256_code_challenge(attempt.verifier),  # type: ignore[no-untyped-call]  # its stubs leave it out
        code_challenge_method="S256",
    )
    return address


def code_of(query: Mapping[str, str], attempt: Attempt, issuer: str, now: float) -> str:
    """The code that the browser came back with. Raises Refused."""
    if now > attempt.until:
        raise Refused("it took too long")
    if not hmac.compare_digest(query.get("state", "").encode(), attempt.state.encode()):
        raise Refused("the answer belongs to another attempt")
    if query.get("iss", issuer) != issuer:  # RFC 9207: another provider's answer
        raise Refused("the answer is another provider's")
    if "error" in query:
        raise Refused(f"the provider says {query['error'][:100]!r}")
    code = query.get("code")
    if not code:
        raise Refused("the answer has no code")
    return code
