"""A table in force: match, then choose. An immutable snapshot, swapped whole; all of its work but the plans is done when it is built."""

from __future__ import annotations

from proxy.after_write import WatchfulChooser, choosers_of
from proxy.choose import UNCLAIMED_REASON, Chooser, Dice
from proxy.identity import IdentityCookie, compile_sources, identity_of, new_token
from proxy.limits.route_limit import limits_of
from proxy.match import Matcher
from proxy.model.decision import Decision
from proxy.model.message import RequestHead
from proxy.model.plan import encode_plans, plans_of
from proxy.model.table import LEGACY, UNCLAIMED, Match, Route, Split, Table
from proxy.writers import Writers


class Routing:
    """``decide`` is called for every request, on the live path."""

    __slots__ = ("_choosers", "_cookie", "_plans", "_sources", "_unclaimed", "matcher", "rate_limits", "table")

    def __init__(self, table: Table, secret: bytes) -> None:
        self.table = table
        self.matcher = Matcher(table)
        self._sources = compile_sources(table.identity)
        self._cookie = IdentityCookie(secret)
        self._choosers = choosers_of(table, secret)
        unclaimed = Route(
            UNCLAIMED, (Match(),), Split(UNCLAIMED, ((LEGACY, 1),)), sticky=False, max_body=table.limits.body
        )
        self._unclaimed = Chooser(unclaimed, table, UNCLAIMED_REASON)
        self.rate_limits = limits_of(table, secret)
        self._plans: bytes | None = None

    def decide(self, head: RequestHead, dice: Dice) -> tuple[Decision, bytes | None, bytes | None]:
        """The decision on one request, the identity it brought if its route asks for one, and the token of a new identity if
        the client must be given our cookie.

        Raises AmbiguousTarget.
        """
        claim = self.matcher.claim(head)
        chooser = self._unclaimed if claim is None else self._choosers[claim.route.name]
        identity = token = None
        if chooser.uses_identity:
            identity = self.identity(head)
            if identity is None and chooser.issues_identity:
                token = new_token(dice)
        return chooser.choose(head.method, identity or token, dice), identity, token

    def plans(self) -> bytes:
        """For the shadow workers. Made once, when they are wanted first: with 10,000 routes that takes half a second."""
        if self._plans is None:
            self._plans = encode_plans(plans_of(self.table))
        return self._plans

    def identity(self, head: RequestHead) -> bytes | None:
        """Who sent this: the first source of the table that is present, else our own cookie, else None."""
        return identity_of(self._sources, head) or self._cookie.read(head)

    @property
    def watches_writes(self) -> bool:
        return any(isinstance(chooser, WatchfulChooser) for chooser in self._choosers.values())

    def remember(self, writers: Writers) -> None:
        """Where those are remembered who write."""
        for chooser in self._choosers.values():
            if isinstance(chooser, WatchfulChooser):
                chooser.writers = writers

    def chooser(self, route: Route | None) -> Chooser:
        """The chooser of a route of this table; None is what no route claims."""
        return self._unclaimed if route is None else self._choosers[route.name]
