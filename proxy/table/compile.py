"""Keys as the values of a table. Nothing can fail here; what the checks refused makes a table that nobody gets to see."""

from __future__ import annotations

from dataclasses import replace

from proxy.model.keep import Keep
from proxy.model.listen import BackendTls, Certificate, ClientTls, Listen
from proxy.model.normalise import Normalise
from proxy.model.resilience import (
    Breaker,
    Bulkhead,
    Ejection,
    Limits,
    Mode,
    Overload,
    RateKey,
    RateLimit,
    Retries,
    RetryWhen,
)
from proxy.model.table import (
    DEFAULT_COMPARED_HEADERS,
    Backend,
    CompareRules,
    Condition,
    ConditionKind,
    Endpoint,
    Health,
    IdentitySource,
    Match,
    ReadyRule,
    Route,
    Split,
    Table,
    Timeouts,
    Unordered,
    Waiver,
)
from proxy.table.backend_keys import BackendKeys, BackendTlsKeys, BreakerKeys, BulkheadKeys, EjectionKeys, TimeoutKeys
from proxy.table.client_keys import LimitKeys, ListenKeys, OverloadKeys, RateLimitKeys
from proxy.table.compare_keys import CompareKeys, NormaliseKeys, WaiverKeys
from proxy.table.compile_shadow import shadow_policy
from proxy.table.grammar import (
    DefaultKeys,
    MatchKeys,
    ReadyKeys,
    RetryKeys,
    RouteKeys,
    TableKeys,
)
from proxy.table.redact_keys import redact_rules


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
        listen=_listen(keys.listen) if keys.listen else Listen(),
        limits=_limits(keys.limits) if keys.limits else Limits(),
        overload=_overload(keys.overload) if keys.overload else Overload(),
        keep=Keep(keys.keep.contents, keys.keep.evidence, keys.keep.size) if keys.keep else Keep(),
        source=source,
        by_name={route.name: route for route in routes},
    )


def _backend(name: str, keys: BackendKeys, timeouts: Timeouts) -> Backend:
    health = keys.health
    endpoints = _endpoints(keys)
    ejection = keys.ejection or (EjectionKeys() if len(endpoints) > 1 else None)
    return Backend(
        name,
        endpoints,
        _timeouts(keys.timeouts, timeouts),
        health=Health(health.path, health.interval, health.timeout, health.fall, health.rise) if health else None,
        tls=backend_tls(keys.tls) if keys.tls else BackendTls(),
        resolve=keys.resolve,
        slow_start=keys.slow_start,
        breaker=_breaker(keys.breaker) if keys.breaker else None,
        bulkhead=_bulkhead(keys.bulkhead) if keys.bulkhead else None,
        ejection=_ejection(ejection) if ejection else None,
        version_header=keys.version_header,
    )


def _endpoints(keys: BackendKeys) -> tuple[Endpoint, ...]:
    allowed = keys.allow_link_local
    if keys.urls is None:
        return (replace(keys.url, link_local=allowed),) if keys.url else ()
    return tuple(replace(entry.url, weight=entry.weight, link_local=allowed) for entry in keys.urls)


def backend_tls(keys: BackendTlsKeys) -> BackendTls:
    own = Certificate(keys.certificate, keys.key) if keys.certificate and keys.key else None
    return BackendTls(keys.verify, keys.ca, keys.server_name, own)


def _breaker(keys: BreakerKeys) -> Breaker:
    return Breaker(keys.errors, keys.volume, keys.window, keys.open, keys.probes, keys.recovery, mode=Mode(keys.mode))


def _bulkhead(keys: BulkheadKeys) -> Bulkhead:
    return Bulkhead(keys.in_flight, keys.queue, keys.queue_wait, mode=Mode(keys.mode))


def _ejection(keys: EjectionKeys) -> Ejection:
    return Ejection(keys.failures, keys.base, keys.longest, mode=Mode(keys.mode))


def _retries(keys: RetryKeys | None) -> Retries | None:
    if keys is None:
        return None
    return Retries(keys.attempts, frozenset(map(RetryWhen, keys.when)), keys.budget, mode=Mode(keys.mode))


def _rate_limit(keys: RateLimitKeys | None) -> RateLimit | None:
    if keys is None:
        return None
    burst = keys.requests if keys.burst is None else keys.burst
    return RateLimit(keys.requests, keys.per, burst, by=RateKey(keys.by), mode=Mode(keys.mode))


def _listen(keys: ListenKeys) -> Listen:
    tls = keys.tls
    return Listen(
        tls=ClientTls(
            tuple(Certificate(entry.certificate, entry.key) for entry in tls.certificates),
            tls.client_ca,
            tls.client_required,
            tls.min_version,
        )
        if tls
        else None,
        http2=keys.http2,
        proxy_protocol=tuple(keys.proxy_protocol),
    )


def _limits(keys: LimitKeys) -> Limits:
    return Limits(**keys.model_dump())


def _overload(keys: OverloadKeys) -> Overload:
    return Overload(keys.loop_lag, keys.memory, mode=Mode(keys.mode))


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
        tunnel=default.tunnel if keys.tunnel is None else keys.tunnel,
    )


def compile_route(keys: RouteKeys, table: TableKeys, timeouts: Timeouts) -> Route:
    defaults = table.defaults or _DEFAULTS
    limits = table.limits or _LIMITS
    return Route(
        name=keys.name,
        matches=tuple(_match(match) for match in keys.match),
        split=split_of(keys, table),
        priority=keys.priority,
        group=keys.group,
        sticky=keys.sticky,
        shadow=shadow_policy(keys.shadow, defaults.shadow) if keys.shadow else None,
        fallback=keys.fallback,
        retired=keys.retired,
        compare=_compare(keys.compare, defaults.compare) if keys.compare or defaults.compare else _COMPARE,
        ready=_ready(keys.ready) if keys.ready else _READY,
        timeouts=_timeouts(keys.timeouts, timeouts) if keys.timeouts else None,
        retries=_retries(keys.retries or defaults.retries),
        rate_limit=_rate_limit(keys.rate_limit or defaults.rate_limit),
        redact=redact_rules(keys.redact, defaults.redact),
        max_body=keys.limits.body if keys.limits and keys.limits.body is not None else limits.body,
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


def _compare(own: CompareKeys | None, defaults: CompareKeys | None) -> CompareRules:
    """A route's own rules first: where several speak about one place, the first one holds."""
    both = [keys for keys in (own, defaults) if keys is not None]
    named = (name.lower() for keys in both for name in keys.headers)
    return CompareRules(
        ignore=tuple(_waiver(entry) for keys in both for entry in keys.ignore),
        normalise=tuple(_normalise(entry) for keys in both for entry in keys.normalise),
        unordered=tuple(Unordered(entry.path, entry.key) for keys in both for entry in keys.unordered),
        tolerance=tuple(
            {path: distance for keys in reversed(both) for path, distance in keys.tolerance.items()}.items()
        ),
        headers=tuple(dict.fromkeys((*DEFAULT_COMPARED_HEADERS, *named))),
    )


def _waiver(keys: WaiverKeys) -> Waiver:
    return Waiver(keys.path, keys.reason, keys.until, keys.author, tuple(keys.kinds or ()))


def _normalise(keys: NormaliseKeys) -> Normalise:
    return Normalise(
        keys.path,
        keys.as_,
        within=keys.within,
        digits=keys.digits,
        pattern=keys.pattern,
        replace=keys.replace or "",
        separator=keys.separator or ",",
        reason=keys.reason,
    )


def _ready(keys: ReadyKeys) -> ReadyRule:
    return ReadyRule(keys.target, keys.hours, keys.unseen)


_DEFAULTS = DefaultKeys()
_LIMITS = LimitKeys()
_COMPARE = _compare(CompareKeys(), None)
_READY = _ready(ReadyKeys())
