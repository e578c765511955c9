"""The tee: keeps a bounded copy of a request and its answer while they stream by. It never slows or changes either."""

from __future__ import annotations

from proxy.model.decision import Skip
from proxy.model.table import ShadowPolicy


class Tee:
    """The copy of one exchange. ``skip`` is why it was given up, None as long as it is whole."""

    __slots__ = ("_answer_room", "_request_room", "answer", "answer_head", "request", "request_head", "skip")

    def __init__(self, policy: ShadowPolicy) -> None:
        self._request_room = policy.max_request
        self._answer_room = policy.max_answer
        self.request_head = b""
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

    def give_up(self, skip: Skip) -> None:
        """The first reason stays; memory is freed at once."""
        if self.skip is None:
            self.skip = skip
            self.request.clear()
            self.answer.clear()
