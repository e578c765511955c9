"""Which certificate for which name: exact names before wildcards, the first certificate for everybody else. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class ServerNames:
    """``find`` gives the index of a certificate; built once, from the names in each certificate."""

    __slots__ = ("_exact", "_wild")

    def __init__(self, names: Iterable[Sequence[str]]) -> None:
        self._exact: dict[str, int] = {}
        self._wild: dict[str, int] = {}
        for index, of_one in enumerate(names):
            for name in of_one:
                lower = name.lower().rstrip(".")
                if lower.startswith("*."):
                    self._wild.setdefault(lower[2:], index)
                else:
                    self._exact.setdefault(lower, index)

    def find(self, name: str | None) -> int:
        """RFC 6125 section 6.4.3: a wildcard stands for exactly one label, the leftmost."""
        if name is None:
            return 0
        lower = name.lower().rstrip(".")
        index = self._exact.get(lower)
        if index is None:
            index = self._wild.get(lower.partition(".")[2], 0)
        return index
