"""Keys as the values of a table. Nothing can fail here; what the checks refused makes a table that nobody gets to see."""

from __future__ import annotations

from proxy.model.table import (
    DEFAULT_COMPARED_HEADERS,
    Backend,
    CompareRules,
    Condition,
    ConditionKind,
    Health,
    IdentitySource,
    Match,
    ReadyRule,
    Route,
    ShadowPolicy,
    Split,
    Table,
    Timeouts,
    Unordered,
    Waiver,
)
from proxy.table.grammar import (
    BackendKeys,
    CompareKeys,
    DefaultKeys,
    MatchKeys,
    ReadyKeys,
    RouteKeys,
    ShadowKeys,
    TableKeys,
    TimeoutKeys,
)


def compile_table(keys: TableKeys, *, version: int, source: str) -> Table:
    """The table, without the routes that are not enabled."""
    defaults = keys.defaults or DefaultKeys()
    timeouts = _timeouts(defaults.timeouts, Timeouts())
    routes = tuple(compile_route(route, keys, timeouts) for route in keys.routes if route.enabled)
    return Table(
        version=version,
        backends={name: _backend(name, backend, timeouts) for name, backend in keys.backends.items()},
        routes=routes,
        identity=tuple(_identity(entry.cookie, entry.header) for entry in defaults.identity or ()),
        timeouts=timeouts,
        trusted_proxies=tuple(defaults.trusted_proxies or ()),
        source=source,
        by_name={route.name: route for route in routes},
    )


def _backend(name: str, keys: BackendKeys, timeouts: Timeouts) -> Backend:
    endpoints = keys.urls or ([keys.url] if keys.url else [])
    health = Health(keys.health.path, keys.health.interval, keys.health.timeout) if keys.health else None
    return Backend(name, tuple(endpoints), _timeouts(keys.timeouts, timeouts), health)


def _identity(cookie: str | None, header: str | None) -> IdentitySource:
    return IdentitySource("cookie", cookie) if cookie is not None else IdentitySource("header", header or "")


def _timeouts(keys: TimeoutKeys | None, default: Timeouts) -> Timeouts:
    """The given ones; the others as in ``default``."""
    if keys is None:
        return default
    return Timeouts(
        connect=default.connect if keys.connect is None else keys.connect,
        first_byte=default.first_byte if keys.first_byte is None else keys.first_byte,
        idle=default.idle if keys.idle is None else keys.idle,
        total=default.total if keys.total is None else keys.total,
    )


def compile_route(keys: RouteKeys, table: TableKeys, timeouts: Timeouts) -> Route:
    return Route(
        name=keys.name,
        matches=tuple(_match(match) for match in keys.match),
        split=split_of(keys, table),
        priority=keys.priority,
        group=keys.group,
        sticky=keys.sticky,
        shadow=_shadow(keys.shadow) if keys.shadow else None,
        fallback=keys.fallback,
        retired=keys.retired,
        compare=_compare(keys.compare) if keys.compare else _COMPARE,
        ready=_ready(keys.ready) if keys.ready else _READY,
        timeouts=_timeouts(keys.timeouts, timeouts) if keys.timeouts else None,
    )


def split_of(keys: RouteKeys, table: TableKeys) -> Split:
    """A route's split, wherever it is written. The kind of owner is part of the salt: a route and a group may share a name."""
    if keys.group is not None:
        group = table.groups.get(keys.group)
        return Split(f"group:{keys.group}", tuple(group.split.items()) if group else ())
    if keys.backend is not None:
        return Split(f"route:{keys.name}", ((keys.backend, 1),))
    return Split(f"route:{keys.name}", tuple((keys.split or {}).items()))


def _match(keys: MatchKeys) -> Match:
    return Match(
        path=keys.path,
        path_regex=keys.path_regex,
        methods=frozenset(keys.methods or ()),
        host=keys.host.lower().removesuffix(".") if keys.host is not None else None,
        conditions=(
            *(Condition(ConditionKind.HEADER, name, value) for name, value in (keys.headers or {}).items()),
            *(Condition(ConditionKind.COOKIE, name, value) for name, value in (keys.cookies or {}).items()),
            *(Condition(ConditionKind.QUERY, name, value) for name, value in (keys.query or {}).items()),
        ),
    )


def _shadow(keys: ShadowKeys) -> ShadowPolicy:
    return ShadowPolicy(
        sample=keys.sample,
        unsafe=keys.unsafe,
        candidate=keys.candidate,
        timeout=keys.timeout,
        max_request=keys.max_request,
        max_answer=keys.max_answer,
    )


def _compare(keys: CompareKeys) -> CompareRules:
    return CompareRules(
        ignore=tuple(Waiver(entry.path, entry.reason, entry.until) for entry in keys.ignore),
        unordered=tuple(Unordered(entry.path, entry.key) for entry in keys.unordered),
        tolerance=tuple(keys.tolerance.items()),
        headers=tuple(dict.fromkeys((*DEFAULT_COMPARED_HEADERS, *(name.lower() for name in keys.headers)))),
    )


def _ready(keys: ReadyKeys) -> ReadyRule:
    return ReadyRule(keys.target, keys.hours)


_COMPARE = _compare(CompareKeys())
_READY = _ready(ReadyKeys())
