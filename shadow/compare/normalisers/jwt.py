"""A JSON web token by its header and claims: not by its signature, nor by the values of ``iat``, ``exp``, ``nbf``, ``jti`` and ``auth_time``."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Hashable
from typing import Any, Final

from proxy.model.normalise import Normalise

MAX_TOKEN: Final = 16 * 1024
_DRAWN: Final = frozenset({"iat", "exp", "nbf", "jti", "auth_time"})


class JwtNormaliser:
    name = "jwt"
    examples = (
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3IiwiaWF0IjoxfQ.AAAA", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3IiwiaWF0IjoyfQ.BBBB", True),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3IiwiaWF0IjoxfQ.AAAA", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI4IiwiaWF0IjoxfQ.AAAA", False),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3IiwiaWF0IjoxfQ.AAAA", "eyJhbGciOiJub25lIn0.eyJzdWIiOiI3IiwiaWF0IjoxfQ.", False),
    )  # fmt: skip

    def normal(self, value: Any, how: Normalise) -> Hashable | None:  # noqa: ARG002 - no options
        if not isinstance(value, str) or len(value) > MAX_TOKEN or value.count(".") != 2:
            return None
        head, claims, signature = value.split(".")
        try:
            read = [json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in (head, claims)]
            if not all(isinstance(part, dict) for part in read):
                return None
            kept = {name: "drawn" if name in _DRAWN else claim for name, claim in read[1].items()}
            return ("jwt", json.dumps(read[0], sort_keys=True), json.dumps(kept, sort_keys=True), bool(signature))
        except (ValueError, binascii.Error, RecursionError):
            return None

    def near(self, control: Any, candidate: Any, how: Normalise) -> bool:  # noqa: ARG002 - equal is near enough
        return True


NORMALISER = JwtNormaliser()
