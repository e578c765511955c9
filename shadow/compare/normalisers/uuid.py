"""An identifier that is drawn anew: any UUID equals any other, any ULID any other."""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any, Final

from proxy.model.normalise import Normalise

_UUID: Final = re.compile(
    r"(urn:uuid:)?(\{?)[0-9a-f]{8}(-?)[0-9a-f]{4}\3[0-9a-f]{4}\3[0-9a-f]{4}\3[0-9a-f]{12}\}?", re.IGNORECASE
)
_ULID: Final = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", re.IGNORECASE)


class UuidNormaliser:
    name = "uuid"
    examples = (
        ("9f1c6e1a-3c1b-4d5e-8f70-1a2b3c4d5e6f", "00000000-0000-4000-8000-000000000000", True),
        ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "01BX5ZZKBKACTAV9WEVGEMMVRZ", True),
        ("9f1c6e1a-3c1b-4d5e-8f70-1a2b3c4d5e6f", None, False),
        ("9f1c6e1a-3c1b-4d5e-8f70-1a2b3c4d5e6f", "9f1c6e1a3c1b4d5e8f701a2b3c4d5e6f", False),
    )

    def normal(self, value: Any, how: Normalise) -> Hashable | None:  # noqa: ARG002 - no options
        if not isinstance(value, str) or not 26 <= len(value) <= 50:
            return None
        uuid = _UUID.fullmatch(value)
        if uuid is not None:
            return ("uuid", bool(uuid[1]), uuid[2], uuid[3])  # the way of writing it counts: clients parse it
        return ("ulid",) if _ULID.fullmatch(value) else None

    def near(self, control: Any, candidate: Any, how: Normalise) -> bool:  # noqa: ARG002 - equal is near enough
        return True


NORMALISER = UuidNormaliser()
