"""What an ID token must say before anybody is let in. Pure.

OpenID Connect Core, section 3.1.3.7.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any, Final

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from console.oidc.attempt import Refused
from console.oidc.settings import OidcSettings

ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)
"""Signatures only: with a shared secret (HS256) whoever knows the client's secret could be anybody, and ``none`` is no signature."""

LEEWAY = 30
"""Seconds by which the provider's clock may differ from ours."""

LONGEST = 64 * 1024


class UnknownKey(Refused):
    """Signed by a key that we have not seen; the provider may have a new one."""


def claims_of(
    token: str, keys: KeySet, settings: OidcSettings, nonce: str, access_token: str | None, now: float
) -> Mapping[str, Any]:
    """Raises Refused."""
    if len(token) > LONGEST:
        raise Refused("the ID token is too long")
    try:
        decoded = jwt.decode(token, keys, algorithms=list(ALGORITHMS))
    except JoseError as error:
        raise UnknownKey(f"the ID token is not signed as it should be: {error.error}") from error
    except ValueError as error:  # no key for this header
        raise UnknownKey("the ID token is signed by a key that the provider does not publish") from error
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        {
            "iss": {"essential": True, "value": settings.issuer},
            "aud": {"essential": True, "value": settings.client_id},
            "nonce": {"essential": True},
        },
        {"nonce": nonce, "client_id": settings.client_id, "access_token": access_token},
    )
    try:
        claims.validate(int(now), LEEWAY)
    except JoseError as error:
        raise Refused(f"the ID token is not for us: {error.error}: {error.description}") from error
    if not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
        raise Refused("the ID token answers another question")
    return dict(claims)
