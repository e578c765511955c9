"""The shapes that bodies are read into, and how two of a shape are compared and shown."""

from __future__ import annotations

from typing import Any, Final

from shadow.compare.excerpt import described_bytes, differ_bytes, differ_lines
from shadow.compare.findings import Findings
from shadow.compare.rules import Place
from shadow.compare.siblings import alike
from shadow.compare.tree import Tree, shown
from shadow.compare.walk import walk


class _Tree:
    """A document with places."""

    def trees(self, control: Any, candidate: Any, place: Place) -> tuple[Tree, Tree, Place] | None:
        return control, candidate, place

    def differ(self, control: Any, candidate: Any, place: Place, findings: Findings) -> None:
        walk(control, candidate, place, findings)

    def shown(self, value: Any, cap: int) -> str:
        return shown(value, cap)


class _Named(_Tree):
    """A document in which a name may occur once or several times."""

    def trees(self, control: Any, candidate: Any, place: Place) -> tuple[Tree, Tree, Place] | None:
        return alike(control, candidate, place)

    def differ(self, control: Any, candidate: Any, place: Place, findings: Findings) -> None:
        walk(*alike(control, candidate, place), findings)


class _Text:
    def trees(self, control: Any, candidate: Any, place: Place) -> tuple[Tree, Tree, Place] | None:  # noqa: ARG002
        return None

    def differ(self, control: Any, candidate: Any, place: Place, findings: Findings) -> None:
        differ_lines(control, candidate, place, findings)

    def shown(self, value: Any, cap: int) -> str:
        return shown(value, cap)


class _Bytes:
    def trees(self, control: Any, candidate: Any, place: Place) -> tuple[Tree, Tree, Place] | None:  # noqa: ARG002
        return None

    def differ(self, control: Any, candidate: Any, place: Place, findings: Findings) -> None:
        differ_bytes(control, candidate, place, findings)

    def shown(self, value: Any, cap: int) -> str:
        return described_bytes(value, 0)[:cap]


TREE: Final = _Tree()
NAMED: Final = _Named()
TEXT: Final = _Text()
BYTES: Final = _Bytes()
