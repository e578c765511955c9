"""What another table would change, in words a person would use. Pure.

Of two loaded tables, so that nothing is said of comments and order, and nothing that counts is left out: what has no words of its own is
named by its key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from console.table.moves import shares
from console.table.recent import NONE_KNOWN, Recent
from proxy.explain import describe
from proxy.model.table import LEGACY, Backend, Match, Route, ShadowPolicy, Table

_OF_TABLE: Final = {
    "identity": "users are recognised otherwise: who has no other identity than before is drawn anew",
    "timeouts": "timeouts change",
    "trusted_proxies": "trusted proxies change",
    "listen": "how clients are listened to changes",
    "limits": "limits change",
    "overload": "what is shed under overload changes",
}
_TOLD_OTHERWISE: Final = frozenset(
    {"name", "matches", "split", "group", "shadow", "compare", "ready", "retired", "sticky"}
)


@dataclass(frozen=True, slots=True)
class Change:
    """``kind`` is what programs go by: ``backend``, ``table``, ``added``, ``removed``, ``renamed``, ``retired``, ``split``, ``match``,
    ``shadow``, ``compare``, ``ready`` or ``setting``. ``name`` is the route or backend, None for the table."""

    kind: str
    name: str | None
    text: str


def changes_of(before: Table, after: Table, recent: Recent = NONE_KNOWN) -> tuple[Change, ...]:
    """All of them, what moves users first."""
    old, new = ({route.name: route for route in table.routes} for table in (before, after))
    renamed = renamed_routes(before, after)
    found = [
        Change("renamed", name, f"{was} is called {name} now: its evidence counts anew")
        for name, was in renamed.items()
    ]
    for name, route in new.items():
        known = old.get(renamed.get(name, name))
        found += _of_route(known, route, recent) if known is not None else [Change("added", name, _added(route))]
    found += [
        Change("removed", name, f"{name} is gone: what it took goes to other routes, or to legacy")
        for name in old
        if name not in new and name not in renamed.values()
    ]
    found += _of_backends(before.backends, after.backends)
    found += [
        Change("table", None, text) for key, text in _OF_TABLE.items() if getattr(before, key) != getattr(after, key)
    ]
    rank = ("renamed", "split", "retired", "added", "removed", "match")
    return tuple(sorted(found, key=lambda one: rank.index(one.kind) if one.kind in rank else len(rank)))


def renamed_routes(before: Table, after: Table) -> dict[str, str]:
    """The former names, by their new ones, of routes that take exactly what a route took that is gone."""
    old, new = ({route.name: route for route in table.routes} for table in (before, after))
    gone = {route.matches: name for name, route in old.items() if name not in new}
    return {name: gone[route.matches] for name, route in new.items() if name not in old and route.matches in gone}


def _added(route: Route) -> str:
    takes = ", ".join(map(describe, route.matches))
    if route.retired:
        return f"{route.name} is new, and retired: it takes {takes}; legacy is never called for it"
    goes = ", ".join(f"{percent(share)} to {name}" for name, share in shares(dict(route.split.drawn)).items())
    copies = f"; {percent(route.shadow.sample)} is copied" if route.shadow else ""
    return f"{route.name} is new: it takes {takes}; {goes}{copies}"


def _of_route(old: Route, new: Route, recent: Recent) -> Iterator[Change]:
    name = new.name
    if old.retired != new.retired:
        words = "is retired: legacy is never called for it any more" if new.retired else "is not retired any more"
        yield Change("retired", name, f"{name} {words}")
    yield from (Change("split", name, text) for text in _split(old, new, recent))
    yield from (Change("match", name, f"{name} {text}") for text in _matches(old.matches, new.matches))
    if old.shadow != new.shadow:
        yield Change("shadow", name, f"{name}: {_shadow(old.shadow, new.shadow)}")
    if old.compare != new.compare:
        yield Change("compare", name, f"{name}: compare rules change, so its evidence counts anew")
    if old.ready != new.ready:
        yield Change("ready", name, f"{name}: when it is ready changes ({_members(old.ready, new.ready)})")
    for field in fields(Route):
        one, other = getattr(old, field.name), getattr(new, field.name)
        if field.name not in _TOLD_OTHERWISE and one != other:
            yield Change("setting", name, f"{name}: {field.name} {_value(one, other)}")


def _matches(old: Iterable[Match], new: Iterable[Match]) -> Iterator[str]:
    """Methods that come and go are told as such, not as another match."""
    gone = [one for one in old if one not in new]
    come = [one for one in new if one not in old]
    for one in come:
        was = next((was for was in gone if replace(was, methods=one.methods) == one), None)
        if was is None:
            yield f"also takes {describe(one)}"
        else:
            gone.remove(was)
            yield from _methods(was, one)
    yield from (f"no longer takes {describe(one)}" for one in gone)


def _methods(old: Match, new: Match) -> Iterator[str]:
    if not new.methods:
        yield f"also takes other methods than {describe(old)}"
    elif not old.methods:
        yield f"takes only {describe(new)} now"
    else:
        for verb, methods in (
            ("also takes", new.methods - old.methods),
            ("no longer takes", old.methods - new.methods),
        ):
            if methods:
                yield f"{verb} {describe(replace(new, methods=methods))}"


def _split(old: Route, new: Route, recent: Recent) -> Iterator[str]:
    before, after = shares(dict(old.split.weights)), shares(dict(new.split.weights))
    who = "identities" if new.sticky else "requests"
    for name in [*after, *(name for name in before if name not in after)]:
        was, will = before.get(name, 0.0), after.get(name, 0.0)
        if was == will or (name == LEGACY and len(before.keys() | after.keys()) > 1):
            continue
        many = recent.words(old.name, abs(will - was))
        if will > was:
            first = f"{percent(was)} to " if was else ""
            yield f"{new.name}: {first}{percent(will)} of {who} move to {name}{many}"
        elif will:
            yield f"{new.name}: {name} goes down from {percent(was)} to {percent(will)} of {who}{many}"
        else:
            yield f"{new.name}: {name} takes nobody any more, it had {percent(was)} of {who}{many}"
    if old.split.salt != new.split.salt and new.sticky and len(new.split.drawn) > 1:
        yield f"{new.name}: who goes where is drawn anew, since {_whose(old, new)}"
    if old.sticky != new.sticky:
        yield f"{new.name}: {'users stick to their side now' if new.sticky else 'every request is drawn anew'}"


def _whose(old: Route, new: Route) -> str:
    if old.group != new.group:
        return f"it joins the group {new.group}" if new.group else f"it leaves the group {old.group}"
    return "its name changes"


def _shadow(old: ShadowPolicy | None, new: ShadowPolicy | None) -> str:
    if new is None:
        return "nothing is copied any more"
    if old is None:
        return f"{percent(new.sample)} is copied and compared"
    if old.sample != new.sample:
        return f"{percent(new.sample)} is copied, it was {percent(old.sample)}"
    return f"how copies are made changes ({_members(old, new)})"


def _of_backends(old: Mapping[str, Backend], new: Mapping[str, Backend]) -> Iterator[Change]:
    for name, backend in new.items():
        if name not in old:
            yield Change("backend", name, f"the backend {name} is new: {_urls(backend)}")
        elif old[name].endpoints != backend.endpoints:
            yield Change("backend", name, f"the backend {name} is at {_urls(backend)}, it was {_urls(old[name])}")
        elif old[name] != backend:
            yield Change("backend", name, f"the backend {name} changes ({_members(old[name], backend)})")
    for name in old:
        if name not in new:
            yield Change("backend", name, f"the backend {name} is gone")


def _urls(backend: Backend) -> str:
    return ", ".join(f"{one.url}{f' (weight {one.weight})' * (one.weight != 1)}" for one in backend.endpoints)


def _members(old: Any, new: Any) -> str:
    return ", ".join(field.name for field in fields(old) if getattr(old, field.name) != getattr(new, field.name))


def _value(old: Any, new: Any) -> str:
    simple = all(isinstance(one, str | int | float | None) for one in (old, new))
    return f"{_shown(old)} to {_shown(new)}" if simple else "changes"


def _shown(value: Any) -> str:
    return "none" if value is None else str(value)


def percent(share: float) -> str:
    return f"{share * 100:.4g} %"
