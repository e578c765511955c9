"""Asks a running instance through its admin port: with the token in STRANGLER_TOKEN, by TLS if STRANGLER_ADMIN_CA says whom to trust."""

from __future__ import annotations

import http.client
import json
import os
import ssl
from typing import Any

from console.address import Address
from console.exits import Undecided

TIMEOUT_SECONDS = 3.0
"""Health probes ask too, and they give us five."""

MAX_ANSWER = 16 * 1024 * 1024

TOKEN_VARIABLE = "STRANGLER_TOKEN"  # noqa: S105 - a name
CA_VARIABLE = "STRANGLER_ADMIN_CA"
"""A PEM file with the authorities of the admin port's certificate, or ``system``."""


class Unknown(Undecided):
    """The instance asks who we are, and does not know us."""


def ask(
    admin: Address, path: str, sent: dict[str, Any] | None = None, *, good: frozenset[int] = frozenset({200, 202})
) -> dict[str, Any]:
    """The document at ``path``; POST with the document ``sent``; ``good`` are statuses with an answer to the question. Raises Undecided if
    nobody answers, or somebody else does, Unknown if we have no token that is known there."""
    connection = _connection(admin)
    try:
        headers = {"Accept": "application/json", **_credentials(admin)}
        if sent is None:
            connection.request("GET", path, headers=headers)
        else:
            connection.request("POST", path, json.dumps(sent), headers | {"Content-Type": "application/json"})
        answer = connection.getresponse()
        status, document = answer.status, json.loads(answer.read(MAX_ANSWER))
    except (OSError, http.client.HTTPException) as error:
        if isinstance(error, ssl.SSLError):
            raise Undecided(
                f"no TLS with {admin}: {_tls_trouble(error)}; check {CA_VARIABLE} and the host's name"
            ) from error
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
        raise Undecided(
            f"no running instance answers on {admin}: {reason.lower()}.\n"
            "Start one with `strangler serve`, or name its admin port with --admin HOST:PORT." + _tls_hint(error)
        ) from error
    except ValueError as error:
        raise _stranger(admin) from error
    finally:
        connection.close()
    if not isinstance(document, dict):
        raise _stranger(admin)
    if status == 401:
        how = "does not know the token in" if os.environ.get(TOKEN_VARIABLE) else "asks who you are: put a token into"
        raise Unknown(f"the instance on {admin} {how} {TOKEN_VARIABLE}; `strangler user token NAME` makes one")
    if status not in good:
        raise Undecided(f"the instance on {admin} answers {status}: {document.get('detail') or document.get('title')}")
    return document


def _connection(admin: Address) -> http.client.HTTPConnection:
    ca = os.environ.get(CA_VARIABLE)
    if not ca:
        return http.client.HTTPConnection(_host(admin), admin.port, timeout=TIMEOUT_SECONDS)
    try:
        context = ssl.create_default_context(cafile=None if ca == "system" else ca)
    except OSError as error:
        why = "holds no certificates in PEM" if isinstance(error, ssl.SSLError) else error.strerror
        raise Undecided(f"{CA_VARIABLE}={ca}: {why}; name the file of the authorities, or write `system`") from error
    return http.client.HTTPSConnection(_host(admin), admin.port, timeout=TIMEOUT_SECONDS, context=context)


def _credentials(admin: Address) -> dict[str, str]:
    """A token does not travel where others could read it."""
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    if not token:
        return {}
    if not (token.isascii() and token.isprintable()):
        raise Undecided(f"{TOKEN_VARIABLE} holds no token: `strangler user token NAME` makes one")
    if not os.environ.get(CA_VARIABLE) and not Address(_host(admin), 0).is_loopback:
        raise Undecided(
            f"{TOKEN_VARIABLE} is not sent to {admin} without TLS: name the authorities of its certificate in {CA_VARIABLE}"
        )
    return {"Authorization": f"Bearer {token}"}


def _host(admin: Address) -> str:
    return "127.0.0.1" if admin.is_any and admin.host != "::" else admin.host or "127.0.0.1"


def _tls_hint(error: Exception) -> str:
    """A port with TLS hangs up on who speaks none."""
    hung_up = isinstance(error, http.client.HTTPException | ConnectionError) and not isinstance(
        error, ConnectionRefusedError
    )
    return (
        f"\nIf it speaks TLS, name the authorities of its certificate in {CA_VARIABLE}."
        if hung_up and not os.environ.get(CA_VARIABLE)
        else ""
    )


def _tls_trouble(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    return error.reason or "it speaks no TLS"


def _stranger(admin: Address) -> Undecided:
    return Undecided(f"what answers on {admin} is no strangler: name its admin port with --admin HOST:PORT")
