"""Who somebody is, by the claims of a provider. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from console.oidc.settings import OidcSettings
from console.web.caller import Caller

LONGEST_NAME = 200


def granted(claims: Mapping[str, Any], settings: OidcSettings) -> Caller | None:
    """The first rule that holds gives role and the right to see bodies; None if none does, or nothing names the person."""
    name = next((claims[key] for key in settings.names if _names_somebody(claims.get(key))), None)
    if name is None:
        return None
    for rule in settings.roles:
        if _holds(_at(claims, rule.claim), rule.has):
            return Caller(name, rule.role, rule.bodies)
    return None


def _names_somebody(value: object) -> bool:
    """It will stand in audit lines: no line breaks, no signs that turn text around."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and value.isprintable()


def _at(claims: Mapping[str, Any], path: str) -> object:
    """A claim by its whole name, which may contain dots (as in ``https://example.com/roles``), else step by step."""
    if path in claims:
        return claims[path]
    here: object = claims
    for step in path.split("."):
        if not isinstance(here, Mapping) or step not in here:
            return None
        here = here[step]
    return here


def _holds(value: object, wanted: str) -> bool:
    if isinstance(value, str):
        return value == wanted
    return isinstance(value, Sequence) and any(isinstance(one, str) and one == wanted for one in value)
