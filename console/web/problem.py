"""Errors of the admin port: application/problem+json (RFC 9457)."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from aiohttp import web

from proxy.model.printable import printable


def problem(status: int, detail: str, members: dict[str, Any] | None = None, **headers: str) -> web.Response:
    """``detail`` says what is wrong and what to do; ``members`` are further ones; headers are named with underscores."""
    return web.Response(
        status=status,
        text=json.dumps({**problem_document(status, detail), **(members or {})}),
        content_type="application/problem+json",
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def problem_document(status: int, detail: str) -> dict[str, Any]:
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": printable(detail)}
