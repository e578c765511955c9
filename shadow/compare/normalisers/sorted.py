"""Parts in any order: of a list its items, of a text what ``separator`` (a comma) parts. To be told which item differs, use
``unordered``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from typing import Any

from proxy.model.normalise import Normalise


class SortedNormaliser:
    name = "sorted"
    examples = (("a, b", "b,a", True), (["x", "y"], ["y", "x"], True), (["x", "x"], ["x"], False), ("a,b", "a", False))

    def normal(self, value: Any, how: Normalise) -> Hashable | None:
        if isinstance(value, str):
            return ("sorted", *sorted(part.strip() for part in value.split(how.separator or ",")))
        if isinstance(value, list) and all(isinstance(item, str | bytes | bool | None) for item in value):
            return ("sorted", frozenset(Counter((type(item), item) for item in value).items()))
        return None

    def near(self, control: Any, candidate: Any, how: Normalise) -> bool:  # noqa: ARG002 - equal is near enough
        return True


NORMALISER = SortedNormaliser()
