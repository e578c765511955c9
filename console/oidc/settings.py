"""The file that says which provider is trusted and whom it may let in. Pure but for reading it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import yaml

from console.web.rights import Role

DEFAULT_NAMES: Final = ("preferred_username", "email", "sub")
"""Claims that name a person, first one present."""

_KEYS: Final = frozenset({"issuer", "client_id", "client_secret_file", "redirect", "scopes", "name", "roles"})
_ROLE_KEYS: Final = frozenset({"claim", "has", "role", "bodies"})


class BadSettings(ValueError):
    """The file cannot be used; says all that is wrong with it, a line for each."""


@dataclass(frozen=True, slots=True)
class RoleRule:
    """Whoever's claim ``claim`` is ``has``, or contains it, has ``role``. ``claim`` is a path with dots, as in ``realm_access.roles``."""

    claim: str
    has: str
    role: Role
    bodies: bool


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """``redirect`` is the address at which the browser comes back, as it is registered with the provider. ``secret`` is None for a public client."""

    issuer: str
    client_id: str
    secret: str | None
    redirect: str
    scopes: tuple[str, ...]
    names: tuple[str, ...]
    roles: tuple[RoleRule, ...]


def read_settings(path: Path) -> OidcSettings:
    """Raises BadSettings."""
    try:
        document = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadSettings(f"{path}: {error}") from error
    if not isinstance(document, dict):
        raise BadSettings(f"{path}: must be a mapping with {', '.join(sorted(_KEYS))}")
    if mistakes := list(_mistakes(document)):
        raise BadSettings("\n".join(f"{path}: {mistake}" for mistake in mistakes))
    names = document.get("name", DEFAULT_NAMES)
    return OidcSettings(
        issuer=document["issuer"],
        client_id=document["client_id"],
        secret=_secret(path, document.get("client_secret_file")),
        redirect=document["redirect"],
        scopes=tuple(document.get("scopes", ("openid", "profile", "email"))),
        names=(names,) if isinstance(names, str) else tuple(names),
        roles=tuple(
            RoleRule(rule["claim"], rule["has"], Role(rule["role"]), bool(rule.get("bodies", False)))
            for rule in document["roles"]
        ),
    )


def _secret(path: Path, name: str | None) -> str | None:
    """Relative to the file that names it."""
    if name is None:
        return None
    try:
        secret = (path.parent / name).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"{path}: client_secret_file: {error}") from error
    if not secret:
        raise BadSettings(f"{path}: client_secret_file: {name} is empty")
    return secret


def _mistakes(document: dict[Any, Any]) -> Iterator[str]:
    for unknown in sorted(set(document) - _KEYS, key=str):
        yield f"unknown key {unknown!r}; there are {', '.join(sorted(_KEYS))}"
    for key in ("issuer", "client_id", "redirect"):
        if not isinstance(document.get(key), str) or not document[key]:
            yield f"{key}: is missing; it must be text"
    for key in ("issuer", "redirect"):
        if isinstance(document.get(key), str) and (wrong := wrong_address(document[key])):
            yield f"{key}: {wrong}"
    scopes = document.get("scopes", ["openid"])
    if not _are_texts(scopes) or "openid" not in scopes:
        yield "scopes: must be a list of names, openid among them"
    if not isinstance(document.get("name", ""), str) and not _are_texts(document["name"]):
        yield "name: must be the name of a claim, or a list of such"
    if not isinstance(document.get("client_secret_file", ""), str):
        yield "client_secret_file: must be the path of a file"
    yield from _wrong_roles(document.get("roles"))


def _wrong_roles(rules: object) -> Iterator[str]:
    if not isinstance(rules, list) or not rules:
        yield "roles: must be a list of {claim, has, role}; without one nobody could log in"
        return
    for number, rule in enumerate(rules, 1):
        if not isinstance(rule, dict) or not {"claim", "has", "role"} <= set(rule) <= _ROLE_KEYS:
            yield f"roles, number {number}: must be {{claim: ..., has: ..., role: ...}}, with bodies: true or false if need be"
        elif not (isinstance(rule["claim"], str) and isinstance(rule["has"], str)):
            yield f"roles, number {number}: claim and has must be text; quote numbers"
        elif rule["role"] not in set(Role):
            yield f"roles, number {number}: no role {rule['role']!r}; there are {', '.join(Role)}"
        elif not isinstance(rule.get("bodies", False), bool):
            yield f"roles, number {number}: bodies must be true or false"


def wrong_address(address: str) -> str | None:
    """What is wrong with an address that codes or tokens go to: it must be https, but for this machine's own."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
        _ = parts.port
    except ValueError as error:
        return f"{address} is no address: {error}"
    if parts.scheme == "https" and host:
        return None
    if parts.scheme == "http" and host in {"127.0.0.1", "::1", "localhost"}:
        return None
    return f"{address} must begin with https://"


def _are_texts(value: object) -> bool:
    return isinstance(value, (list, tuple)) and bool(value) and all(isinstance(one, str) and one for one in value)
