"""Why a request goes where it goes, in words. Pure: it asks the same code that decides, and never draws."""

from __future__ import annotations

from dataclasses import dataclass

from proxy.after_write import HARMLESS, WatchfulChooser
from proxy.choose import SAFE_TO_COPY, Chooser, draw, other_side, sample_seed, threshold, uniform
from proxy.identity import compile_sources, identity_of
from proxy.match import AmbiguousTarget, Rung
from proxy.model.edits import PINNED
from proxy.model.message import RequestHead
from proxy.model.resilience import Mode, RateKey, RateLimit
from proxy.model.table import LEGACY, UNCLAIMED, Condition, ConditionKind, Cookies, Match, Route
from proxy.routing import Routing


@dataclass(frozen=True, slots=True)
class Explanation:
    """``refused`` says why the request gets a 400; then nothing else is known. ``lines`` is the ladder, the most specific
    match first. ``backend`` and ``shadow`` are None where only the dice know, or where there is none; ``backend_reason`` and
    ``shadow_reason`` are sentences that say which. ``weights`` are (backend, weight, share of all, 0 to 1). ``moves_at`` is
    the share of the new backend from which on this identity gets it, None where that is not one number. ``rate_limit`` is the
    limit that the request counts against, None if there is none. ``edits`` say what is changed in copies, by side; no values."""

    method: str
    target: str
    refused: str | None = None
    route: str | None = None
    lines: tuple[str, ...] = ()
    stage: str | None = None
    backend: str | None = None
    backend_reason: str = ""
    shadow: str | None = None
    shadow_reason: str = ""
    weights: tuple[tuple[str, int, float], ...] = ()
    moves_at: float | None = None
    identity: str | None = None
    identity_source: str = ""
    rate_limit: str | None = None
    edits: tuple[str, ...] = ()


def explain(routing: Routing, head: RequestHead, identity_override: str | None = None) -> Explanation:
    """What ``routing`` does with a request. ``identity_override`` stands in for whatever the request identifies itself by."""
    method, target = _text(head.method), _text(head.target)
    try:
        ladder = routing.matcher.ladder(head)
    except AmbiguousTarget as error:
        return Explanation(method, target, refused=f"400: {error}")
    route = next((rung.route for rung in ladder if rung.why_not is None), None)
    identity, source = _identity(routing, head, identity_override)
    chooser = routing.chooser(route)
    backend, backend_reason = _backend(chooser, identity)
    shadow, shadow_reason = _shadow(chooser, head.method, backend, identity)
    split = chooser.route.split
    total = sum(weight for _, weight in split.weights)
    return Explanation(
        method=method,
        target=target,
        route=chooser.route.name,
        lines=_lines(ladder),
        stage=chooser.route.stage if route else None,
        backend=backend,
        backend_reason=backend_reason,
        shadow=shadow,
        shadow_reason=shadow_reason,
        weights=tuple((name, weight, weight / total) for name, weight in split.weights),
        moves_at=_moves_at(chooser.route, identity),
        identity=None if identity is None else _text(identity),
        identity_source=source,
        rate_limit=_rate_limit(chooser.route.rate_limit, identity),
        edits=_edits(chooser.route, head.method),
    )


def _identity(routing: Routing, head: RequestHead, override: str | None) -> tuple[bytes | None, str]:
    if override is not None:
        return override.encode("utf-8", "surrogateescape"), "as given"
    for source in routing.table.identity:
        identity = identity_of(compile_sources([source]), head)
        if identity is not None:
            return identity, f"{source.kind} {source.name}"
    identity = routing.identity(head)
    return identity, "our own cookie" if identity else "none: a sticky split would give the client a cookie of our own"


def _backend(chooser: Chooser, identity: bytes | None) -> tuple[str | None, str]:
    route = chooser.route
    drawn = route.split.drawn
    if route.name == UNCLAIMED:
        return LEGACY, "no route claims it, so it goes to legacy"
    if len(drawn) == 1:
        return drawn[0][0], "the route is retired" if route.retired else "it takes the whole route"
    if not route.sticky:
        return None, "the route is not sticky: every request is drawn anew"
    if identity is None:
        return None, "without an identity a new one is drawn, and kept"
    return draw(route.split, identity), "drawn by the identity, the same every time"


def _shadow(chooser: Chooser, method: bytes, backend: str | None, identity: bytes | None) -> tuple[str | None, str]:
    route = chooser.route
    policy = route.shadow
    if policy is None:
        return None, "no copy: the route has no shadow"
    if method not in HARMLESS and policy.after_write is not None:
        after = f"what its user reads {_where(route)} within {policy.after_write:g} s is copied (read_after_write)"
        return None, f"no copy: the write goes to its side alone, and {after}"
    if method not in SAFE_TO_COPY and policy.unsafe is None:
        return None, f"no copy: {_text(method)} may change something, and the route has no `unsafe`"
    share = f"{policy.sample * 100:g} %"
    if policy.sample < 1.0:
        if policy.sample == 0.0:
            return None, f"no copy: the sample is 0 %{_unless(chooser)}"
        if identity is None:
            return None, f"copied with a chance of {share}, drawn anew every time"
        if uniform(sample_seed(route.split.salt), identity) >= policy.sample:
            return None, f"no copy: this identity is not in the sample of {share}{_unless(chooser)}"
    if backend is None:
        return None, "copied to the side that does not answer"
    other = other_side(route, backend)
    if other is None:
        return None, f"no copy: {backend} is neither legacy nor the candidate"
    return (
        other,
        "copied: every request is" if policy.sample == 1.0 else f"copied: this identity is in the sample of {share}",
    )


def _unless(chooser: Chooser) -> str:
    if not isinstance(chooser, WatchfulChooser):
        return ""
    where = _where(chooser.route)
    return f"; it is (read_after_write) if the user has written {where} in the last {chooser.longest:g} s"


def _where(route: Route) -> str:
    return f"in the group {route.group}" if route.group else "here"


def _edits(route: Route, method: bytes) -> tuple[str, ...]:
    policy = route.shadow
    if policy is None or (method not in SAFE_TO_COPY and policy.unsafe is None):
        return ()
    edits = policy.requests.described()
    if policy.cookies is Cookies.JAR:
        edits += ("the side that gets the copy: cookies that it has set for this user",)
    # Nobody repeats a write to pin it.
    return edits if method in SAFE_TO_COPY else tuple(one for one in edits if one != PINNED)


def _moves_at(route: Route, identity: bytes | None) -> float | None:
    """Where the split has two sides, legacy and a new one, or could have."""
    new = route.candidate
    if identity is None or new is None or not route.sticky or {name for name, _ in route.split.weights} - {new, LEGACY}:
        return None
    return threshold(route.split.salt, identity, new)


def _rate_limit(limit: RateLimit | None, identity: bytes | None) -> str | None:
    if limit is None:
        return None
    by_identity = limit.by is RateKey.IDENTITY and identity is not None
    return (
        f"{limit.requests:,} requests in {limit.per:g} s, {limit.burst:,} at once, "
        f"counted by {'identity' if by_identity else 'address'}{', only observed' if limit.mode is Mode.OBSERVE else ''}"
    )


def _lines(ladder: tuple[Rung, ...]) -> tuple[str, ...]:
    lines = []
    taken: Rung | None = None
    for rung in ladder:
        subject = f"{rung.route.name}: {describe(rung.match)}"
        if rung.why_not is not None:
            lines.append(f"{subject}: no, {rung.why_not}")
        elif taken is None:
            taken = rung
            lines.append(f"{subject}: yes, the first that matches has the request")
        else:
            lines.append(f"{subject}: matches too, but {taken.route.name} comes first{_because(taken, rung)}")
    return tuple(lines)


def describe(match: Match) -> str:
    """A match on one line, as a person would say it."""
    parts = [" or ".join(sorted(match.methods)), match.host or "", match.path or "", *map(_condition, match.conditions)]
    if match.path_regex is not None:
        parts.insert(2, f"~{match.path_regex}")
    return " ".join(filter(None, parts)) or "everything"


def _condition(condition: Condition) -> str:
    kind = "parameter" if condition.kind is ConditionKind.QUERY else condition.kind.value
    return f"[{kind} {condition.name} = {condition.value}]"


def _because(taken: Rung, rung: Rung) -> str:
    """The first step of the order that sets them apart."""
    if taken.route.name == rung.route.name:
        return ""
    if taken.route.priority != rung.route.priority:
        return f": priority {taken.route.priority} before {rung.route.priority}"
    steps = (
        (taken.match.host, rung.match.host, "its host is more specific"),
        (
            taken.match.path or taken.match.path_regex,
            rung.match.path or rung.match.path_regex,
            "its path is more specific",
        ),
        (bool(taken.match.methods), bool(rung.match.methods), "it names methods"),
    )
    return next((f": {why}" for one, other, why in steps if one != other), ": it has more conditions")


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")
