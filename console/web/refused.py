"""A question that has no answer."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """``status`` is that of the problem document, the message its detail, which says what to do; ``members`` stand beside them."""

    def __init__(self, status: int, detail: str, members: dict[str, Any] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.members = members or {}
