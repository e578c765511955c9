"""Where a host name leads: the addresses that were found last, and which of them to try first. Pure; clock (seconds) is an argument."""

from __future__ import annotations

from collections.abc import Sequence

MOST_ADDRESSES = 16
"""More of one name are not used."""

SHUNNED_SECONDS = 60.0
"""An address that could not be reached is tried last for so long."""


class Addresses:
    """``known`` are the last ones that were found: a lookup that fails takes nothing away."""

    __slots__ = ("_shunned", "_turn", "error", "known")

    def __init__(self) -> None:
        self.known: tuple[str, ...] = ()
        self.error = ""
        self._shunned: dict[str, float] = {}
        self._turn = 0

    def found(self, addresses: Sequence[str]) -> bool:
        """Take in what a lookup found, at least one; says whether that is something new. The order means nothing: servers of names
        turn it with every answer."""
        new = tuple(dict.fromkeys(addresses))[:MOST_ADDRESSES]
        self.error = ""
        if set(new) == set(self.known):
            return False
        self.known = new
        self._shunned = {address: until for address, until in self._shunned.items() if address in new}
        return True

    def not_found(self, error: str) -> bool:
        """A lookup failed; says whether that, or why, is something new."""
        before, self.error = self.error, error
        return error != before

    def in_turn(self, now: float) -> list[str]:
        """All of them, in the order in which to try them: each is the first one once, those that could not be reached are last."""
        known = self.known
        self._turn += 1
        turn = self._turn % len(known)
        turned = [*known[turn:], *known[:turn]]
        if self._shunned:
            turned.sort(key=lambda address: self._shunned.get(address, 0.0) > now)
        return turned

    def shun(self, address: str, now: float) -> None:
        """It could not be reached."""
        self._shunned[address] = now + SHUNNED_SECONDS

    def reached(self, address: str) -> None:
        self._shunned.pop(address, None)
