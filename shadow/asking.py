"""What the shadow asks about one exchange: the copy for either side, as the table edits it, with the user's session there, and as often as it takes."""

from __future__ import annotations

from dataclasses import replace

from yarl import URL

from proxy.model.decision import Skip
from proxy.model.exchange import Exchange
from proxy.model.message import RequestHead
from proxy.model.plan import Plan
from shadow.compare import Origins
from shadow.copy import Copy, copy_of
from shadow.edit import edited, hangs_on_conditions
from shadow.jar import Jar, Jars
from shadow.model import Answer
from shadow.replay import BY_DEFAULT, NotCompared, Replayer, Result
from shadow.session import identity_after, is_sent_away, set_cookies, url_of, with_cookies


class Asker:
    """The way to the backends, and the users' sessions there."""

    __slots__ = ("_jars", "_replayer")

    def __init__(self, replayer: Replayer, jars: Jars) -> None:
        self._replayer = replayer
        self._jars = jars

    def about(self, exchange: Exchange, plan: Plan, head: RequestHead, primary: Answer) -> Asking:
        """``primary`` is what the client was answered. Raises Unrepeatable if the request cannot be sent again as it was."""
        copy = copy_of(head, exchange.request_body)
        jar: Jar | None = None
        if plan.jar is not None:
            later = identity_after(plan.jar, head, primary, exchange.identity)
            jar = self._jars.of(exchange.shadow, exchange.identity, later)
        return Asking(self._replayer, jar, exchange, plan, head, primary, copy)


class Asking:
    """What can be asked about one exchange."""

    __slots__ = ("_copy", "_jar", "_primary", "_replayer", "exchange", "head", "plan")

    def __init__(
        self,
        replayer: Replayer,
        jar: Jar | None,
        exchange: Exchange,
        plan: Plan,
        head: RequestHead,
        primary: Answer,
        copy: Copy,
    ) -> None:
        self._replayer = replayer
        self.exchange = exchange
        self.plan = plan
        self.head = head
        self._primary = primary
        self._copy = copy
        self._jar = jar

    @property
    def safe(self) -> bool:
        """Whether either side may be asked as often as we like."""
        return self._copy.safe

    @property
    def must_renew(self) -> bool:
        """Whether the answer that the client got has no like among the answers to copies: conditions made it what it is, or the
        copies are pinned and it was not. Then its side must be asked again, where that is safe."""
        return self.safe and (hangs_on_conditions(self.head, self._primary) or self.plan.requests.both.pins)

    async def ask(self, backend: str) -> Result:
        """The backend's answer to its copy."""
        if not self.plan.urls.get(backend) or not self.plan.timeout:
            return NotCompared(Skip.SHADOW_LOST, "the table has no shadow for this route any more")
        copy = edited(self._copy, self.plan.requests.of(control=backend == self.plan.control), self.exchange.started_at)
        # Who answered the client knows its cookies; the other side has given it none.
        jar = self._jar if backend == self.exchange.shadow else None
        url = url_of(copy) if jar is not None else None
        if jar is None or url is None:
            return await self._send(copy, backend)
        async with jar.turn(writes=not copy.safe, seconds=self.plan.timeout):
            return await self._send_in_session(jar, url, copy, backend)

    async def _send_in_session(self, jar: Jar, url: URL, copy: Copy, backend: str) -> Result:
        cookies = jar.cookies_for(url)
        stranger = jar.empty and copy.safe and self.exchange.identity
        result = await self._send(replace(copy, headers=with_cookies(copy, cookies)) if cookies else copy, backend)
        if isinstance(result, Answer):
            if lines := set_cookies(result.headers):
                jar.keep(lines, url)
            if stranger and is_sent_away(self._primary, result):
                return NotCompared(Skip.NO_SESSION, "its copies began after the user's login")
        return result

    async def _send(self, copy: Copy, backend: str) -> Result:
        plan = self.plan
        urls, tls = plan.urls[backend], plan.tls.get(backend, BY_DEFAULT)
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
