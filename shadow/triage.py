"""What people decided about a signature: whose bug it is, who looks after it, whether it is done. Pure.

Triage changes no count and no verdict: a rule in routes.yaml does (``intended`` and ``noise`` want one). It keeps a team from
looking at the same difference twice, and tells when one that was fixed comes back.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

MAX_NOTE: Final = 2000
"""Characters of a note, of an owner and of a name."""


class State(enum.StrEnum):
    """``OPEN`` and ``REOPENED`` are never said, they follow: from nothing said, and from a fixed one that was seen again."""

    OPEN = "open"
    BUG_IN_NEW = "bug-in-new"
    BUG_IN_OLD = "bug-in-old"
    INTENDED = "intended"
    NOISE = "noise"
    FIXED = "fixed"
    REOPENED = "reopened"


SAID: Final = tuple(state for state in State if state not in {State.OPEN, State.REOPENED})
"""What a person may say."""


@dataclass(frozen=True, slots=True)
class Triage:
    """One decision. ``signature`` is its id, ``by`` who said it, ``at`` Unix time."""

    signature: str
    route: str
    state: State
    owner: str
    note: str
    by: str
    at: float


def state_of(said: Triage | None, last_seen: float) -> State:
    """How a signature stands that was last seen at ``last_seen``, given the newest decision about it."""
    if said is None:
        return State.OPEN
    if said.state is State.FIXED and last_seen > said.at:
        return State.REOPENED
    return said.state
