"""How long, and how much of, what is recorded is kept."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

DAY: Final = 86_400.0


class Contents(enum.StrEnum):
    """What is kept of a pair that is kept: its messages without their secrets; only their names, types and lengths; or nothing."""

    REDACTED = "redacted"
    STRUCTURE = "structure"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Keep:
    """``contents``: seconds for which requests and answers are kept, ``evidence``: those for all else. Where the store uses more than ``size``
    bytes, the oldest contents go before their time."""

    contents: float = 7 * DAY
    evidence: float = 90 * DAY
    size: int = 1024**3
