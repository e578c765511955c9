"""An answer in the making: what a bug may still change."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Side:
    """One of the two services. ``dice`` is its own: what it invents, the other one invents otherwise."""

    is_new: bool
    origin: str
    dice: random.Random
    stock: dict[int, int] = field(default_factory=dict)
    """What the racing writes change; both sides read the same."""

    def token(self, digits: int = 32) -> str:
        return f"{self.dice.getrandbits(4 * digits):0{digits}x}"


@dataclass(slots=True)
class Reply:
    """``document`` is what the endpoint says, before it is written as JSON, HTML, ...; ``number`` is the item asked for."""

    number: int
    document: Any
    media: str = "application/json"
    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    coding: str | None = None
