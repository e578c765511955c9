"""Who asks the admin port. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from console.web.rights import RIGHTS, Right, Role


@dataclass(frozen=True, slots=True)
class Caller:
    """``name`` is what audit lines say; ``bodies``: may see recorded requests and answers, whatever the role. Only ``NOBODY`` has
    no role."""

    name: str
    role: Role | None
    bodies: bool

    def may(self, right: Right) -> bool:
        return right in RIGHTS[self.role] if self.role is not None else right is Right.OPEN


LOCAL: Final = Caller("local", Role.ADMIN, bodies=True)
"""Whoever reaches a port without authentication, which listens on loopback."""

NOBODY: Final = Caller("nobody", None, bodies=False)
"""Whoever has not said who they are where that is asked."""
