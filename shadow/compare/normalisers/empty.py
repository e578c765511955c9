"""Nothing, in whatever form: a missing member, ``null``, ``""``, ``[]`` and ``{}`` are one."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from proxy.model.normalise import Normalise
from shadow.compare.missing import MISSING


class EmptyNormaliser:
    name = "empty"
    examples: tuple[tuple[Any, Any, bool], ...] = (
        (None, "", True),
        ([], {}, True),
        (None, 0, False),
        (None, False, False),
        ("", " ", False),
    )

    def normal(self, value: Any, how: Normalise) -> Hashable | None:  # noqa: ARG002 - no options
        hollow = isinstance(value, str | list | dict) and not value
        return ("empty",) if hollow or value is None or value is MISSING else None

    def near(self, control: Any, candidate: Any, how: Normalise) -> bool:  # noqa: ARG002 - equal is near enough
        return True


NORMALISER = EmptyNormaliser()
