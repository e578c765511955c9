"""The route table as values: what routes.yaml says, compiled, immutable, swapped whole.

Sizes are bytes, times are seconds, shares are fractions between 0 and 1.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import date

from proxy.model.edits import RequestEdits
from proxy.model.keep import Contents, Keep
from proxy.model.listen import BackendTls, Listen
from proxy.model.normalise import Normalise
from proxy.model.redact import NO_RULES, RedactRules
from proxy.model.resilience import Breaker, Bulkhead, Ejection, Limits, Overload, RateLimit, Retries

LEGACY = "legacy"
"""The backend of this name is the monolith; what no route claims goes there."""

UNCLAIMED = "(unclaimed)"
"""The name under which requests are counted that no route claims. No route can have it: names hold no brackets."""


class Stage(enum.StrEnum):
    """Where a route is in its life; computed from the table, never written in it."""

    LEGACY = "legacy"
    SHADOW = "shadow"
    CANARY = "canary"
    LIVE = "live"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. ``idle`` is the longest silence between two bytes of a message, ``tunnel`` that of an upgraded connection; ``total``
    None means no limit."""

    connect: float = 5.0
    first_byte: float = 60.0
    idle: float = 100.0
    total: float | None = None
    tunnel: float = 3600.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of a backend. ``host`` has no brackets, ``authority`` is what a Host header would say. ``socket`` is the path of a
    Unix socket; then host and port say nothing. ``weight`` is relative to the other endpoints; ``link_local``: it may be where
    clouds keep their secrets."""

    scheme: str
    host: str
    port: int
    socket: str | None = None
    weight: int = 1
    link_local: bool = False

    @property
    def url(self) -> str:
        return f"unix:{self.socket}" if self.socket else f"{self.scheme}://{self.authority}"

    @property
    def authority(self) -> str:
        if self.socket:
            return "localhost"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Health:
    """An active health check: GET ``path`` every ``interval`` seconds. ``fall`` bad answers in a row take an endpoint out, ``rise`` good ones
    bring it back."""

    path: str
    interval: float = 10.0
    timeout: float = 3.0
    fall: int = 3
    rise: int = 2


@dataclass(frozen=True, slots=True)
class Backend:
    """Something we forward to. ``resolve``: seconds after which a host name is looked up again; ``slow_start``: seconds in which an endpoint
    that came back takes its share again; ``version_header``: which header of its answers names its build."""

    name: str
    endpoints: tuple[Endpoint, ...]
    timeouts: Timeouts = Timeouts()
    health: Health | None = None
    tls: BackendTls = BackendTls()
    resolve: float = 10.0
    slow_start: float = 0.0
    breaker: Breaker | None = None
    bulkhead: Bulkhead | None = None
    ejection: Ejection | None = None
    version_header: str | None = None

    @property
    def is_legacy(self) -> bool:
        return self.name == LEGACY


@dataclass(frozen=True, slots=True)
class Split:
    """Relative integer weights by backend name. ``salt`` names the draw: routes of one group share it."""

    salt: str
    weights: tuple[tuple[str, int], ...]

    @property
    def drawn(self) -> tuple[tuple[str, int], ...]:
        """The arms that take somebody: weight 0 takes nobody, pinned or not."""
        return tuple((name, weight) for name, weight in self.weights if weight > 0)


@dataclass(frozen=True, slots=True)
class IdentitySource:
    """Where a user is recognised: ``kind`` is ``cookie`` or ``header``, ``name`` its name."""

    kind: str
    name: str


class ConditionKind(enum.StrEnum):
    HEADER = "header"
    COOKIE = "cookie"
    QUERY = "query"


@dataclass(frozen=True, slots=True)
class Condition:
    """One header, cookie or query condition: an exact value, ``*`` for present, ``~regex`` for a full match."""

    kind: ConditionKind
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Match:
    """All given conditions must hold. ``path`` is a pattern as written (``/a/{id}``, ``/a/**``), or None if ``path_regex`` is given or any path will do."""

    path: str | None = None
    path_regex: str | None = None
    methods: frozenset[str] = frozenset()
    host: str | None = None
    conditions: tuple[Condition, ...] = ()


KINDS = (
    "values_changed",
    "type_changes",
    "dictionary_item_added",
    "dictionary_item_removed",
    "iterable_item_added",
    "iterable_item_removed",
    "iterable_item_moved",
    "repetition_change",
)
"""What a difference can be, in deepdiff's words; ``shadow.model.Kind`` has the same."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """An accepted difference: everything at or below ``path`` (``$.links[*].href``), or only differences of ``kinds``. Ends with
    the day ``until``."""

    path: str
    reason: str | None = None
    until: date | None = None
    author: str | None = None
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unordered:
    """The list at ``path`` is compared regardless of order; items pair by the member ``key``, or as a multiset."""

    path: str
    key: str | None = None

    @property
    def label(self) -> str:
        """How reports name this rule."""
        return f"{self.path} unordered"


def tolerance_label(path: str, distance: float) -> str:
    """How reports name a tolerance."""
    return f"{path} within {distance:g}"


DEFAULT_COMPARED_HEADERS = (
    "content-type",
    "location",
    "cache-control",
    "content-disposition",
    "www-authenticate",
    "allow",
)
"""Answer headers that every route compares; a route may name more. Lower case."""


@dataclass(frozen=True, slots=True)
class CompareRules:
    """How two answers of a route are compared. ``tolerance`` maps a path to the absolute distance that counts as equal."""

    ignore: tuple[Waiver, ...] = ()
    normalise: tuple[Normalise, ...] = ()
    unordered: tuple[Unordered, ...] = ()
    tolerance: tuple[tuple[str, float], ...] = ()
    headers: tuple[str, ...] = DEFAULT_COMPARED_HEADERS


@dataclass(frozen=True, slots=True)
class ReadyRule:
    """When a route may move: ``target`` is the share of equal answers (0.999), ``hours`` the span the evidence must cover,
    ``unseen`` the share of requests that may be of shapes never seen."""

    target: float = 0.999
    hours: float = 24.0
    unseen: float = 0.01


class Cookies(enum.StrEnum):
    """Which cookies a copy carries: the client's, or those that its side has set for this user before."""

    CLIENT = "client"
    JAR = "jar"


@dataclass(frozen=True, slots=True)
class ShadowPolicy:
    """Which requests are copied. ``sample`` is a fraction; ``unsafe`` the reason why a repeated write is harmless; ``repeat`` the
    fraction of safe ones that the control is asked once more, to learn where it disagrees with itself; ``requests`` are changes
    to what the shadow sends; ``after_write``: for how many seconds all that a user reads is copied after he wrote here."""

    sample: float
    unsafe: str | None = None
    candidate: str | None = None
    timeout: float = 5.0
    max_request: int = 256 * 1024
    max_answer: int = 1024 * 1024
    repeat: float = 0.02
    requests: RequestEdits = RequestEdits()
    cookies: Cookies = Cookies.CLIENT
    after_write: float | None = None
    keep: Contents = Contents.REDACTED


@dataclass(frozen=True, slots=True)
class Route:
    """One entry of the route table. ``max_body``: bytes of a request's body, None for any number."""

    name: str
    matches: tuple[Match, ...]
    split: Split
    priority: int = 0
    group: str | None = None
    sticky: bool = True
    shadow: ShadowPolicy | None = None
    fallback: str | None = None
    retired: bool = False
    compare: CompareRules = CompareRules()
    ready: ReadyRule = ReadyRule()
    timeouts: Timeouts | None = None
    retries: Retries | None = None
    rate_limit: RateLimit | None = None
    max_body: int | None = None
    redact: RedactRules = NO_RULES

    @property
    def stage(self) -> Stage:
        drawn = {name for name, _ in self.split.drawn}
        if self.retired:
            return Stage.RETIRED
        if drawn == {LEGACY}:
            return Stage.SHADOW if self.shadow else Stage.LEGACY
        return Stage.CANARY if LEGACY in drawn else Stage.LIVE

    @property
    def candidate(self) -> str | None:
        """The judged side: the one named by ``shadow.candidate``, else the only backend of the split that is not legacy."""
        if self.shadow and self.shadow.candidate:
            return self.shadow.candidate
        judged = [name for name, _ in self.split.weights if name != LEGACY]
        return judged[0] if len(judged) == 1 else None


@dataclass(frozen=True, slots=True)
class Table:
    """The loaded route table. ``version`` counts good loads; ``source`` names the file for messages."""

    version: int
    backends: dict[str, Backend]
    routes: tuple[Route, ...]
    identity: tuple[IdentitySource, ...] = ()
    timeouts: Timeouts = Timeouts()
    trusted_proxies: tuple[str, ...] = ()
    listen: Listen = Listen()
    limits: Limits = Limits()
    overload: Overload = Overload()
    keep: Keep = Keep()
    source: str = "routes.yaml"
    by_name: dict[str, Route] = field(default_factory=dict, compare=False)

    @property
    def legacy(self) -> Backend:
        return self.backends[LEGACY]
