"""Text in any letter case."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from proxy.model.normalise import Normalise


class CaseNormaliser:
    name = "case"
    examples = (("Paid", "PAID", True), ("straße", "STRASSE", True), ("paid", "sent", False), ("1", 1, False))

    def normal(self, value: Any, how: Normalise) -> Hashable | None:  # noqa: ARG002 - no options
        return value.casefold() if isinstance(value, str) else None

    def near(self, control: Any, candidate: Any, how: Normalise) -> bool:  # noqa: ARG002 - equal is near enough
        return True


NORMALISER = CaseNormaliser()
