"""The API in OpenAPI's words (3.1). Every address, parameter, status and field that is, and none that is not; a test compares."""

from __future__ import annotations

from typing import Any, Final

from console.version import version
from console.web.openapi.paths import PATHS as _PATHS
from console.web.openapi.schemas import SCHEMAS
from console.web.openapi.words import Schema, problem

__all__ = ["PATHS", "SCHEMAS", "openapi"]

OPEN: Final = frozenset({"/healthz", "/-/healthy", "/readyz", "/-/ready", "/api/openapi.json"})
"""What anybody may ask."""

_OF_ALL: Final = {
    "415": problem("The request has a Content-Encoding."),
    "421": problem("The Host is none of ours."),
}
_TOO_LARGE: Final = {"413": problem("The body has over 4 MiB.")}
_DENIED: Final = {"403": problem("The caller may not.")}


def _operation(path: str, operation: Schema) -> Schema:
    """With what comes of things that have nothing to do with the address."""
    others = {**({} if path in OPEN else _DENIED), **(_TOO_LARGE if "requestBody" in operation else {}), **_OF_ALL}
    responses = {**others, **operation["responses"]}
    return {**operation, "responses": {status: responses[status] for status in sorted(responses)}}


PATHS: Final[dict[str, Schema]] = {
    path: {method: _operation(path, operation) for method, operation in operations.items()}
    for path, operations in _PATHS.items()
}


def openapi() -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "strangler admin port",
            "version": version(),
            "description": "Errors are problem documents (RFC 9457): the detail says what to do. HEAD is as GET everywhere, without the body. "
            "Where users are asked who they are, any address but the probes also answers 401, and 403 with the `right` that is missing.",
        },
        "paths": PATHS,
        "security": [{}, {"token": []}],
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "`strangler user token NAME` makes one."}
            },
        },
    }
