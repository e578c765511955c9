"""What kind of request a pair is of, and which builds answered it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from proxy.model.message import RequestHead
from shadow.model import Answer, Shape

NO_ANSWER: Final = "none"
"""In place of a status class."""

MAX_PARAMETERS: Final = 200
"""Characters of a shape's parameter names."""

MAX_VERSION: Final = 100


def status_class(answer: Answer | None) -> str:
    """``2xx``; some servers answer 999, and RFC 9110 section 15 takes what is beyond 599 for a 5xx."""
    return NO_ANSWER if answer is None else f"{min(answer.status // 100, 5)}xx"


def shape_of(head: RequestHead, identity: str, status: str, hide: Callable[[str], str]) -> Shape:
    """``identity`` is whose request it is, empty if it did not say. ``hide`` redacts: clients choose names of parameters, too."""
    signed_in = bool(identity) or head.first(b"authorization") is not None
    return Shape(head.method.decode("latin-1"), _names(head.target, hide), status, signed_in)


def _names(target: bytes, hide: Callable[[str], str]) -> str:
    """Each is redacted whole, before anything is cut."""
    names = ""
    for name in parameters_of(target):
        names += ("&" if names else "") + hide(name.decode("utf-8", "backslashreplace"))
        if len(names) > MAX_PARAMETERS:
            return f"{names[: MAX_PARAMETERS - 1]}…"
    return names


def parameters_of(target: bytes) -> list[bytes]:
    """The sorted names in the query, each once, as they were sent."""
    query = target.partition(b"?")[2]
    return sorted({piece.partition(b"=")[0] for piece in query.split(b"&") if piece}) if query else []


def version_of(answer: Answer | None, header: str | None, hide: Callable[[str, str], str]) -> str:
    """The build that the answer names in ``header``; empty if it does not. ``hide`` redacts the value of a header of that name."""
    if answer is None or header is None:
        return ""
    wanted = header.lower().encode("latin-1")
    for name, value in answer.headers:
        if name.lower() == wanted:
            return hide(header, value.decode("utf-8", "backslashreplace"))[:MAX_VERSION]
    return ""
