"""Whether a request may go, and where to: all that policy says before a backend is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy.match import AmbiguousTarget
from proxy.model.decision import Skip
from proxy.refusals import ambiguous, check_size
from proxy.tee import Tee

if TYPE_CHECKING:
    from proxy.model.decision import Decision
    from proxy.passage import Passage


def admit(passage: Passage) -> Decision | None:
    """The decision on a request; None if its client is told to come again later. Raises Refused."""
    live = passage.live
    shed = live.shed
    if shed is not None:
        shed.admit()
    try:
        decision, identity, token = live.routing.decide(passage.head, live.dice)
    except AmbiguousTarget as error:
        raise ambiguous(error) from error
    route = decision.route
    if route.rate_limit is not None and not live.rate_limits.lets(passage, route.name, identity):
        return None
    if route.max_body is not None:
        passage.max_body = route.max_body
        check_size(passage.fields.length or passage.bytes_in, route.max_body)
    if token is not None:
        passage.cookie = live.identity_cookie.issue(token, passage.fields.forwarded_proto or passage.client.scheme)
    if decision.shadow is not None and passage.upgrade is None:
        assert route.shadow is not None
        passage.tee = Tee(route.shadow)
        if decision.after_write:
            live.counters.add("strangler_read_after_write", route=route.name)
        if shed is not None and shed.drops_copy():
            passage.tee.give_up(Skip.OVERLOAD)
    return decision
