"""Text with any white space: every run of it is one blank, and there is none at the ends."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from proxy.model.normalise import Normalise


class WhitespaceNormaliser:
    name = "whitespace"
    examples = (("a  b\n", "a b", True), (" a", "a\t", True), ("ab", "a b", False))

    def normal(self, value: Any, how: Normalise) -> Hashable | None:  # noqa: ARG002 - no options
        return " ".join(value.split()) if isinstance(value, str) else None

    def near(self, control: Any, candidate: Any, how: Normalise) -> bool:  # noqa: ARG002 - equal is near enough
        return True


NORMALISER = WhitespaceNormaliser()
