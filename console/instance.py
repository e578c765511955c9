"""Asks a running instance through its admin port."""

from __future__ import annotations

import http.client
import json
from typing import Any

from console.address import Address
from console.exits import Undecided

TIMEOUT_SECONDS = 3.0
"""Health probes ask too, and they give us five."""

MAX_ANSWER = 16 * 1024 * 1024


def ask(admin: Address, path: str, sent: dict[str, Any] | None = None) -> dict[str, Any]:
    """The document at ``path``; POST with the document ``sent``. Raises Undecided if nobody answers, or somebody else does."""
    connection = http.client.HTTPConnection(_host(admin), admin.port, timeout=TIMEOUT_SECONDS)
    try:
        headers = {"Accept": "application/json"}
        if sent is None:
            connection.request("GET", path, headers=headers)
        else:
            connection.request("POST", path, json.dumps(sent), headers | {"Content-Type": "application/json"})
        answer = connection.getresponse()
        status, document = answer.status, json.loads(answer.read(MAX_ANSWER))
    except (OSError, http.client.HTTPException) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
        raise Undecided(
            f"no running instance answers on {admin}: {reason.lower()}.\n"
            "Start one with `strangler serve`, or name its admin port with --admin HOST:PORT."
        ) from error
    except ValueError as error:
        raise _stranger(admin) from error
    finally:
        connection.close()
    if not isinstance(document, dict):
        raise _stranger(admin)
    if status not in {200, 202}:
        raise Undecided(f"the instance on {admin} answers {status}: {document.get('detail') or document.get('title')}")
    return document


def _host(admin: Address) -> str:
    return "127.0.0.1" if admin.is_any and admin.host != "::" else admin.host or "127.0.0.1"


def _stranger(admin: Address) -> Undecided:
    return Undecided(f"what answers on {admin} is no strangler: name its admin port with --admin HOST:PORT")
