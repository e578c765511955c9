"""The API in OpenAPI's words (3.1). Every address, parameter, status and field that is, and none that is not; a test compares."""

from __future__ import annotations

from typing import Any

from console.version import version
from console.web.openapi.paths import PATHS
from console.web.openapi.schemas import SCHEMAS

__all__ = ["PATHS", "SCHEMAS", "openapi"]


def openapi() -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "strangler admin port",
            "version": version(),
            "description": "Any address also answers 421 to a Host that is not ours. Errors are problem documents (RFC 9457).",
        },
        "paths": PATHS,
        "components": {"schemas": SCHEMAS},
    }
