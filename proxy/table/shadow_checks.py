"""Checks of what a table says of copies: two statements about one header, jars of nobody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from proxy.model.table import Cookies
from proxy.table.mistakes import quoted
from proxy.table.shadow_keys import EditKeys, RequestKeys
from proxy.table.wording import Location

if TYPE_CHECKING:
    from proxy.table.checks import Subject


def check_edits(subject: Subject) -> None:
    """Within one map of edits each header is spoken of once."""
    for location, keys in _all_edits(subject):
        seen: dict[str, str] = {}
        for name in keys.set:
            if (first := seen.setdefault(name.lower(), name)) is not name:
                message = f"{quoted(first)} and {quoted(name)} are the same header"
                subject.mistake((*location, "set", name), message, "remove one of them", key=True)
        for index, name in enumerate(keys.drop):
            if name.lower() in seen:
                message = f"{quoted(name)} is set and dropped"
                help_ = "what is set takes the place of what came: remove it from drop"
                subject.mistake((*location, "drop", index), message, help_)


def check_jars(subject: Subject) -> None:
    """Whose jar it is must be known, and the cookie of ours is given to nobody before a route has a split."""
    defaults = subject.keys.defaults
    if defaults is not None and defaults.identity:
        return
    for index, route in enumerate(subject.keys.routes):
        if route.shadow is not None and route.shadow.cookies == Cookies.JAR:
            help_ = "add defaults: { identity: [{ cookie: session }] }"
            subject.mistake(
                ("routes", index, "shadow", "cookies"), "a jar is one user's, and nothing tells users apart", help_
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
