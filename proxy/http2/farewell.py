"""How far a connection is in taking its leave."""

from __future__ import annotations

import enum


class Farewell(enum.Enum):
    """WARNED: the client knows that it should go, and everything is still answered. SAID: nothing new is."""

    NOT_YET = enum.auto()
    WARNED = enum.auto()
    SAID = enum.auto()
