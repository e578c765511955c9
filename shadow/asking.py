"""What the shadow asks about one exchange: the copy for either side, as the table edits it, and as often as it takes."""

from __future__ import annotations

from proxy.model.decision import Skip
from proxy.model.exchange import Exchange
from proxy.model.message import RequestHead
from proxy.model.plan import Plan
from shadow.compare import Origins
from shadow.copy import copy_of
from shadow.edit import edited, edits_for, hangs_on_conditions
from shadow.model import Answer
from shadow.replay import BY_DEFAULT, NotCompared, Replayer, Result


class Asking:
    """Raises Unrepeatable if the request cannot be sent again as it was."""

    __slots__ = ("_copy", "_replayer", "exchange", "head", "plan")

    def __init__(self, replayer: Replayer, exchange: Exchange, plan: Plan, head: RequestHead) -> None:
        self._replayer = replayer
        self.exchange = exchange
        self.plan = plan
        self.head = head
        self._copy = copy_of(head, exchange.request_body)

    @property
    def safe(self) -> bool:
        """Whether either side may be asked as often as we like."""
        return self._copy.safe

    def must_renew(self, primary: Answer) -> bool:
        """Whether the answer that the client got has no like among the answers to copies: conditions made it what it is, or the
        copies are pinned and it was not. Then its side must be asked again, where that is safe."""
        return self.safe and (hangs_on_conditions(self.head, primary) or self.plan.requests.both.pins)

    async def ask(self, backend: str) -> Result:
        """The backend's answer to its copy."""
        plan = self.plan
        urls = plan.urls.get(backend)
        if not urls or not plan.timeout:
            return NotCompared(Skip.SHADOW_LOST, "the table has no shadow for this route any more")
        copy = edited(self._copy, edits_for(plan, backend), self.exchange.started_at)
        tls = plan.tls.get(backend, BY_DEFAULT)
        return await self._replayer.send(copy, urls, timeout=plan.timeout, max_answer=plan.max_answer, tls=tls)

    def origins(self) -> Origins:
        """A side that is asked for another Host than the client's calls itself by that name, the other by the client's."""
        plan = self.plan
        control, candidate = plan.urls.get(plan.control, ()), plan.urls.get(plan.candidate or "", ())
        edits = plan.requests.control, plan.requests.candidate
        if all(one.host is None for one in edits):
            return Origins(control, candidate)
        own = (self.head.host or b"").decode("latin-1")
        names = [one.host or own for one in edits]
        return Origins((*control, *_schemes(names[0])), (*candidate, *_schemes(names[1])))


def _schemes(host: str) -> tuple[str, str]:
    return f"http://{host}", f"https://{host}"
