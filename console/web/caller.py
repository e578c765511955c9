"""Who asks the admin port. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from console.web.rights import RIGHTS, Right, Role


@dataclass(frozen=True, slots=True)
class Caller:
    """``name`` is what audit lines say; ``bodies``: may see recorded requests and answers, whatever the role."""

    name: str
    role: Role
    bodies: bool

    def may(self, right: Right) -> bool:
        return right in RIGHTS[self.role]


LOCAL: Final = Caller("local", Role.ADMIN, bodies=True)
"""Whoever reaches a port without authentication, which listens on loopback."""
