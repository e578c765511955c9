"""The tee: keeps a bounded copy of a request and its answer while they stream by. It never slows or changes either."""

from __future__ import annotations

from proxy.model.decision import Decision, Skip
from proxy.model.exchange import Exchange
from proxy.model.table import ShadowPolicy


class Tee:
    """The copy of one exchange. ``skip`` is why it was given up, None as long as it is whole."""

    __slots__ = ("_answer_room", "_request_room", "answer", "answer_head", "request", "skip")

    def __init__(self, policy: ShadowPolicy) -> None:
        self._request_room = policy.max_request
        self._answer_room = policy.max_answer
        self.answer_head = b""
        self.request: list[bytes] = []
        self.answer: list[bytes] = []
        self.skip: Skip | None = None

    def request_body(self, data: bytes) -> None:
        self._request_room -= len(data)
        if self._request_room < 0:
            self.give_up(Skip.REQUEST_TOO_LARGE)
        elif self.skip is None:
            self.request.append(data)

    def answer_body(self, data: bytes) -> None:
        self._answer_room -= len(data)
        if self._answer_room < 0:
            self.give_up(Skip.ANSWER_TOO_LARGE)
        elif self.skip is None:
            self.answer.append(data)

    def exchange(
        self,
        id_: str,
        decision: Decision,
        *,
        identity: bytes | None,
        table_version: int,
        request_head: bytes,
        started_at: float,
        first_byte: float,
        total: float,
    ) -> Exchange:
        """What was kept, as the tap hands it over."""
        assert decision.shadow is not None
        return Exchange(
            id=id_,
            identity=(identity or b"").decode("utf-8", "backslashreplace"),
            route=decision.route.name,
            table_version=table_version,
            primary=decision.primary.name,
            shadow=decision.shadow.name,
            started_at=started_at,
            first_byte=first_byte,
            total=total,
            request_head=request_head,
            request_body=b"".join(self.request),
            answer_head=self.answer_head,
            answer_body=b"".join(self.answer),
        )

    def give_up(self, skip: Skip) -> None:
        """The first reason stays; memory is freed at once."""
        if self.skip is None:
            self.skip = skip
            self.request.clear()
            self.answer.clear()
