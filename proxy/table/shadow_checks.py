"""Checks of what a table says of copies: two statements about one header, jars of nobody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from proxy.model.table import Cookies
from proxy.table.mistakes import quoted
from proxy.table.shadow_keys import EditKeys, RequestKeys
from proxy.table.values import READ_AFTER_WRITE
from proxy.table.wording import Location

if TYPE_CHECKING:
    from proxy.table.checks import Subject


IDENTITY: Final = "add defaults: { identity: [{ cookie: session }] }"


def check_edits(subject: Subject) -> None:
    """Within one map of edits each header is spoken of once."""
    for location, keys in _all_edits(subject):
        seen: dict[str, str] = {}
        for name in keys.set:
            if (first := seen.setdefault(name.lower(), name)) is not name:
                message = f"{quoted(first)} and {quoted(name)} are the same header"
                subject.mistake(
                    (*location, "set", name), message, "remove one of them", code="duplicate-entry", key=True
                )
        for index, name in enumerate(keys.drop):
            if name.lower() in seen:
                message = f"{quoted(name)} is set and dropped"
                help_ = "what is set takes the place of what came: remove it from drop"
                subject.mistake((*location, "drop", index), message, help_, code="conflicting-keys")


def check_writes(subject: Subject) -> None:
    """A write is copied, or it is not and its user's reads are."""
    defaults = subject.keys.defaults
    for index, route in enumerate(subject.keys.routes):
        location: Location = ("routes", index, "shadow")
        shadow = route.shadow
        if shadow is None:
            continue
        if shadow.writes != READ_AFTER_WRITE:
            if shadow.window is not None:
                message = "window says how long after a write reads are copied, and here they are not"
                subject.mistake(
                    (*location, "window"),
                    message,
                    "add writes: read-after-write, or remove it",
                    code="conflicting-keys",
                    key=True,
                )
            continue
        if shadow.unsafe is not None:
            message = "unsafe copies writes, and read-after-write does not"
            subject.mistake((*location, "writes"), message, "keep one of them", code="conflicting-keys", key=True)
        if defaults is None or not defaults.identity:
            message = "nothing tells which reads are those of who wrote"
            subject.mistake((*location, "writes"), message, IDENTITY, code="no-identity", key=True)


def check_jars(subject: Subject) -> None:
    """Whose jar it is must be known, and the cookie of ours is given to nobody before a route has a split."""
    defaults = subject.keys.defaults
    if defaults is not None and defaults.identity:
        return
    for index, route in enumerate(subject.keys.routes):
        if route.shadow is not None and route.shadow.cookies == Cookies.JAR:
            subject.mistake(
                ("routes", index, "shadow", "cookies"),
                "a jar is one user's, and nothing tells users apart",
                IDENTITY,
                code="no-identity",
            )


def _all_edits(subject: Subject) -> Iterator[tuple[Location, EditKeys]]:
    defaults = subject.keys.defaults
    if defaults is not None and defaults.shadow is not None:
        yield from _edits_of(defaults.shadow.requests, ("defaults", "shadow", "requests"))
    for index, route in enumerate(subject.keys.routes):
        if route.shadow is not None:
            yield from _edits_of(route.shadow.requests, ("routes", index, "shadow", "requests"))


def _edits_of(keys: RequestKeys | None, location: Location) -> Iterator[tuple[Location, EditKeys]]:
    if keys is not None:
        for side in ("both", "control", "candidate"):
            edits = getattr(keys, side)
            if edits is not None:
                yield (*location, side), edits
