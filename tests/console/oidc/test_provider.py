"""The whole way, over real sockets, with real signatures: from the address that the browser is sent to, to who somebody is."""

from __future__ import annotations

import dataclasses
import secrets
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from aiohttp import ClientSession
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from console.oidc.attempt import Attempt, Refused, begun, code_of, way_out
from console.oidc.grant import granted
from console.oidc.provider import Provider
from console.oidc.settings import OidcSettings
from console.web.caller import Caller
from console.web.rights import Role
from tests.console.oidc.provider import LocalProvider

Claims = dict[str, Any]


def attempt() -> Attempt:
    return begun(secrets.token_urlsafe(120), time.monotonic())


async def browse(address: str) -> dict[str, str]:
    """What the browser comes back with."""
    async with ClientSession() as browser, browser.get(address, allow_redirects=False) as answer:
        assert answer.status == 302, await answer.text()
        return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


async def logged_in(settings: OidcSettings, asked: Provider | None = None) -> Caller | None:
    asked = asked or Provider(settings)
    mine = attempt()
    query = await browse(way_out(mine, await asked.authorization_endpoint(), settings))
    code = code_of(query, mine, settings.issuer, time.monotonic())
    return granted(await asked.claims(code, mine.verifier, mine.nonce), settings)


async def test_a_person_of_the_provider_gets_the_role_of_the_first_rule_that_holds(settings: OidcSettings) -> None:
    assert await logged_in(settings) == Caller("ada", Role.OPERATOR, bodies=True)


async def test_a_person_whom_no_rule_knows_gets_nothing(provider: LocalProvider, settings: OidcSettings) -> None:
    provider.person["groups"] = ["sales", "sre-readers"]
    assert await logged_in(settings) is None


async def test_a_public_client_shows_only_its_verifier(provider: LocalProvider, settings: OidcSettings) -> None:
    provider.secret = None
    assert await logged_in(dataclasses.replace(settings, secret=None)) is not None


async def test_a_provider_that_takes_the_secret_only_in_the_form_gets_it_there(
    provider: LocalProvider, settings: OidcSettings
) -> None:
    provider.metadata["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    assert await logged_in(settings) is not None


async def test_a_wrong_secret_lets_nobody_in(settings: OidcSettings) -> None:
    with pytest.raises(Refused, match="answered 401"):
        await logged_in(dataclasses.replace(settings, secret="guessed"))


async def test_a_code_is_worth_nothing_without_the_verifier_of_its_attempt(settings: OidcSettings) -> None:
    asked, mine, other = Provider(settings), attempt(), attempt()
    query = await browse(way_out(mine, await asked.authorization_endpoint(), settings))
    with pytest.raises(Refused, match="answered 400"):
        await asked.claims(query["code"], other.verifier, mine.nonce)


async def test_a_code_is_worth_nothing_twice(settings: OidcSettings) -> None:
    asked, mine = Provider(settings), attempt()
    query = await browse(way_out(mine, await asked.authorization_endpoint(), settings))
    await asked.claims(query["code"], mine.verifier, mine.nonce)
    with pytest.raises(Refused, match="answered 400"):
        await asked.claims(query["code"], mine.verifier, mine.nonce)


def without(name: str) -> Callable[[Claims], Claims]:
    return lambda claims: {key: value for key, value in claims.items() if key != name}


NOT_FOR_US: list[tuple[str, Callable[[Claims], Claims]]] = [
    ("another issuer", lambda claims: claims | {"iss": "https://evil.example.com"}),
    ("no issuer", without("iss")),
    ("another audience", lambda claims: claims | {"aud": "other-app"}),
    ("no audience", without("aud")),
    ("ours among several, for another party", lambda claims: claims | {"aud": ["strangler", "other"], "azp": "other"}),
    ("expired", lambda claims: claims | {"exp": int(time.time()) - 3600}),
    ("no end", without("exp")),
    ("not yet", lambda claims: claims | {"nbf": int(time.time()) + 3600}),
    ("issued in the future", lambda claims: claims | {"iat": int(time.time()) + 3600}),
    ("another question", lambda claims: claims | {"nonce": "stolen"}),
    ("no question", without("nonce")),
    ("a question that is no text", lambda claims: claims | {"nonce": 7}),
    ("nobody", without("sub")),
    ("another access token", lambda claims: claims | {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}),
]


@pytest.mark.parametrize("change", [change for _, change in NOT_FOR_US], ids=[name for name, _ in NOT_FOR_US])
async def test_a_token_that_is_not_for_us_lets_nobody_in(
    provider: LocalProvider, settings: OidcSettings, change: Callable[[Claims], Claims]
) -> None:
    provider.change = change
    with pytest.raises(Refused):
        await logged_in(settings)


def unsigned(claims: Claims) -> str:
    return jwt.encode({"alg": "none"}, claims, OctKey.import_key("x" * 32), algorithms=["none"])


def signed_with_the_secret(claims: Claims) -> str:
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key("x" * 32), algorithms=["HS256"])


def signed_by_somebody_else(claims: Claims) -> str:
    key = RSAKey.generate_key(2048)
    return jwt.encode({"alg": "RS256", "kid": "first"}, claims, key, algorithms=["RS256"])


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize(
    "sign",
    [unsigned, signed_with_the_secret, signed_by_somebody_else, lambda _: "no.token", lambda _: "a" * 100_000],
    ids=["unsigned", "secret", "stranger", "no token", "too long"],
)
async def test_a_token_that_the_provider_did_not_sign_lets_nobody_in(
    provider: LocalProvider, settings: OidcSettings, sign: Callable[[Claims], str]
) -> None:
    provider.sign = sign
    with pytest.raises(Refused):
        await logged_in(settings)


async def test_a_new_key_of_the_provider_is_fetched_but_not_for_every_bad_token(
    provider: LocalProvider, settings: OidcSettings
) -> None:
    now = 0.0
    asked = Provider(settings, clock=lambda: now)
    assert await logged_in(settings, asked)
    provider.key = RSAKey.generate_key(2048, {"kid": "second"})
    with pytest.raises(Refused):
        await logged_in(settings, asked)
    assert provider.asked.count("/keys") == 1
    now = 31.0
    assert await logged_in(settings, asked)
    assert provider.asked.count("/keys") == 2


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example.com"},
        {"token_endpoint": "http://evil.example.com/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": None},
        {"jwks_uri": "https://[/"},
    ],
)
async def test_a_provider_that_names_other_addresses_than_it_may_is_not_trusted(
    provider: LocalProvider, settings: OidcSettings, metadata: Claims
) -> None:
    provider.metadata = metadata
    with pytest.raises(Refused):
        await Provider(settings).authorization_endpoint()


async def test_a_provider_that_is_not_there_is_told_without_details(settings: OidcSettings) -> None:
    with pytest.raises(Refused, match="cannot be asked"):
        await Provider(dataclasses.replace(settings, issuer="http://127.0.0.1:9")).authorization_endpoint()
