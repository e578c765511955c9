"""A question that has no answer."""

from __future__ import annotations


class Refused(Exception):
    """``status`` is that of the problem document, the message its detail, which says what to do."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
