"""HTML that cannot be injected into: what ``tag`` did not make is text, and is escaped. Pure."""

from __future__ import annotations

from html import escape

from proxy.model.printable import printable

_VOID = frozenset({"meta"})


class Html(str):
    """Markup. Only ``tag`` and ``join`` make it."""

    __slots__ = ()


def tag(name: str, /, *children: str | None, **attributes: object) -> Html:
    """``tag("td", text, class_="number")``. None is left out, both as a child and as an attribute's value."""
    opening = name + "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_text(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID:
        return Html(f"<{opening}>")
    return Html(f"<{opening}>{join(*children)}</{name}>")


def join(*children: str | None) -> Html:
    return Html("".join(child if isinstance(child, Html) else _text(child) for child in children if child is not None))


def _text(text: str) -> str:
    return escape(printable(text))
