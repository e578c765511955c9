"""Elements of XML and HTML as a tree that the walk can compare. Parsers call the methods of ``Elements``; nothing recurses.

    <item id="7"><price>9.5</price></item>    {"item": {"@id": "7", "price": {"#text": "9.5"}}}

An element is an object: its attributes as ``@name``, its text as ``#text``, its children by their names; several children of one
name are a list. Where text and children mix, ``#text`` shows where each child stands: ``Hello <b> world``; there ``<`` and ``&``
of the text are ``&lt;`` and ``&amp;``. Where children of different names follow each other without text, ``#order`` names them
in their order, a row of children of one name once.
"""

from __future__ import annotations

from typing import Any, Final

from shadow.compare.coding import Unsupported
from shadow.compare.siblings import ORDER, Order, add_member
from shadow.compare.tree import Object, Tree

MAX_ELEMENTS: Final = 150_000
"""Elements and attributes of one body."""
MAX_NESTING: Final = 200
"""Elements within each other; browsers stop at 512, and pages that people write end before 50."""

TEXT: Final = "#text"

Child = tuple[str, Tree]
Parts = list[str | Child]
"""What an element holds, in its order: text, and children with their names."""


class Elements:
    """Builds the tree. How attributes and white space are read is up to the kind of markup, a subclass each."""

    def __init__(self) -> None:
        self._parts: Parts = []
        self._open: list[tuple[str, Object, Parts]] = []
        self._count = 0
        self.type: str | None = None

    def start(self, name: str, attributes: Any) -> None:
        self._counted(1 + len(attributes))
        if len(self._open) >= MAX_NESTING:
            raise Unsupported(f"elements nested more than {MAX_NESTING} levels deep")
        self._open.append((name, self.attributes(name, attributes), self._parts))
        self._parts = []

    def end(self, _name: str) -> None:
        name, tree, around = self._open.pop()
        self.fill(name, tree, self._parts)
        around.append((name, tree))
        self._parts = around

    def data(self, text: str) -> None:
        self._parts.append(text)

    def child(self, name: str, value: Tree) -> None:
        """Something that stands here and is no element, such as a processing instruction."""
        self._counted(1)
        self._parts.append((name, value))

    def tree(self) -> Object:
        """All that was read, what is still open included."""
        while self._open:
            Elements.end(self, "")
        tree: Object = {} if self.type is None else {"#doctype": self.type}
        self.fill("", tree, self._parts)
        return tree

    def _counted(self, more: int) -> None:
        self._count += more
        if self._count > MAX_ELEMENTS:
            raise Unsupported(f"more than {MAX_ELEMENTS} elements and attributes")

    def attributes(self, name: str, attributes: Any) -> Object:
        """The members that an element's attributes become."""
        raise NotImplementedError

    def spaced(self, name: str, parts: Parts) -> Parts:
        """``parts``, no two texts beside each other, without white space that means nothing."""
        raise NotImplementedError

    def fill(self, name: str, tree: Object, parts: Parts) -> None:
        """Add what an element holds to its attributes."""
        if not parts:
            return
        parts = self.spaced(name, _joined(parts) if len(parts) > 1 else parts)
        if len(parts) == 1 and type(parts[0]) is str:
            tree[TEXT] = parts[0]
            return
        order: list[str] = []
        mixed = False
        for part in parts:
            if isinstance(part, str):
                mixed = True
                continue
            child = part[0]
            if not order or order[-1] != child:
                order.append(child)
            add_member(tree, child, part[1])
        if mixed:
            tree[TEXT] = "".join(_escaped(part) if isinstance(part, str) else f"<{part[0]}>" for part in parts)
        elif len(order) > 1:
            tree[ORDER] = Order(" ".join(order))


def _joined(parts: Parts) -> Parts:
    """Texts beside each other are one, even if a comment stood between them."""
    joined: Parts = []
    texts: list[str] = []
    for part in parts:
        if isinstance(part, str):
            texts.append(part)
            continue
        if texts:
            joined.append("".join(texts))
            texts = []
        joined.append(part)
    return [*joined, "".join(texts)] if texts else joined


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;") if "&" in text or "<" in text else text
