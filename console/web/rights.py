"""Who may do what: a right for each address, the rights of each role. Pure."""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import Final


class Right(Enum):
    """What an address asks for. Every address asks for one; OPEN is for probes and style sheets, which tell nothing."""

    OPEN = "open"
    VIEW = "view"
    REVIEW = "review"
    OPERATE = "operate"
    ADMINISTER = "administer"


class Role(StrEnum):
    """The names of roles, as tables of users and audit lines write them, least first."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"
    OPERATOR = "operator"
    ADMIN = "admin"


RIGHTS: Final[dict[Role, frozenset[Right]]] = {
    Role.VIEWER: frozenset({Right.OPEN, Right.VIEW}),
    Role.REVIEWER: frozenset({Right.OPEN, Right.VIEW, Right.REVIEW}),
    Role.OPERATOR: frozenset({Right.OPEN, Right.VIEW, Right.REVIEW, Right.OPERATE}),
    Role.ADMIN: frozenset(Right),
}
