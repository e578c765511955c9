"""Which keys routes.yaml has and what each may hold. The descriptions are what editors show; ``schema`` prints them.

A model checks one thing by itself. What takes two things to see (a name and the backends, two routes) is in ``checks``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from proxy.table.backend_keys import BackendKeys, TimeoutKeys
from proxy.table.client_keys import LimitKeys, ListenKeys, OverloadKeys, RateLimitKeys
from proxy.table.compare_keys import CompareKeys
from proxy.table.entry import Entry
from proxy.table.keep_keys import KeepKeys
from proxy.table.redact_keys import RedactKeys
from proxy.table.shadow_keys import DefaultShadowKeys, ShadowKeys
from proxy.table.values import (
    AnySize,
    BackendName,
    Count,
    Flag,
    GroupName,
    Method,
    ModeWord,
    Network,
    Number,
    Priority,
    RetryWord,
    RouteName,
    Share,
    Target,
    Text,
    Token,
    Weight,
    unwrapped,
)


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


def _or_empty(empty: Any) -> Callable[[Any], Any]:
    """A key whose entries are all commented out has nothing in it, and that is no mistake."""
    return lambda value: empty if value is None else value


def _version(value: Any) -> Any:
    value = unwrapped(value)
    return str(value).lower() if isinstance(value, bool) else value  # Python's True equals 1


class IdentityKeys(Entry):
    cookie: Token | None = None
    """The cookie whose value identifies a user."""
    header: Token | None = None
    """The header whose value identifies a user."""


class RetryKeys(Entry):
    attempts: Count = 1
    """Tries beside the first. Default 1."""
    when: Annotated[list[RetryWord], Field(min_length=1)] = ["connect", "no_answer"]
    """What a retry is for: connect, no_answer, timeout, 502, 503, 504. Default connect and no_answer."""
    budget: Share = 0.2
    """The largest share of a backend's requests that may be retries. Default 20%."""
    mode: ModeWord = "enforce"
    """enforce, or observe. Default enforce."""


class RouteLimitKeys(Entry):
    body: AnySize | None = None
    """Bytes of a request's body. Default: from limits."""


class DefaultKeys(Entry):
    compare: CompareKeys | None = None
    """Compare rules of all routes: they come after a route's own."""
    identity: Annotated[list[IdentityKeys], Field(max_length=16)] = []
    """What a user is recognised by: the first one that a request carries. None carried: a signed cookie of our own."""
    timeouts: TimeoutKeys | None = None
    """Limits where neither route nor backend says otherwise."""
    trusted_proxies: list[Network] = []
    """Addresses whose forwarding headers (X-Forwarded-For and its kin) are believed and added to, not replaced."""
    retries: RetryKeys | None = None
    """Retries where a route says nothing else. Default: none."""
    rate_limit: RateLimitKeys | None = None
    """A rate limit for each route that says nothing else. Default: none."""
    shadow: DefaultShadowKeys | None = None
    """What holds for the copies of all routes."""
    redact: RedactKeys | None = None
    """What is hidden of all routes in what is kept and logged, beside what always is."""


Weights = Annotated[dict[BackendName, Weight], Field(min_length=1)]


class GroupKeys(Entry):
    split: Weights
    """Relative weights by backend, one draw per user for all routes of the group."""


class MatchKeys(Entry):
    path: Text | None = None
    """Exact (/a/b), with one-segment parameters (/a/{id}), or everything below (/a/**, which also takes /a)."""
    path_regex: Text | None = None
    """A regular expression for the whole path, where no pattern will do. Comes after all patterns."""
    methods: Annotated[list[Method], Field(min_length=1)] | None = None
    """Methods, in capitals. HEAD is not implied by GET. Default: all."""
    host: Text | None = None
    """A host name (shop.example.com), or all below one (*.example.com), without port."""
    headers: dict[Token, Text] | None = None
    """Wanted headers: an exact value, "*" for present, or "~regex" for the whole value."""
    cookies: dict[Token, Text] | None = None
    """Wanted cookies, as with headers."""
    query: dict[Text, Text] | None = None
    """Wanted query parameters, as with headers."""


class ReadyKeys(Entry):
    target: Target = 0.999
    """The share of equal answers that the evidence must show. Default 99.9%."""
    hours: Number = 24.0
    """The span of time that the evidence must cover. 0 asks for none. Default 24."""
    unseen: Share = 0.01
    """The share of requests that may be of shapes never compared. 100% asks for none. Default 1%."""


class RouteKeys(Entry):
    name: RouteName
    """The route's name, in metrics, logs and reports."""
    match: Annotated[
        list[MatchKeys],
        Field(min_length=1),
        BeforeValidator(_as_list, json_schema_input_type=MatchKeys | list[MatchKeys]),
    ]
    """Which requests the route claims. Within a map all conditions must hold; of a list of maps any."""
    split: Weights | None = None
    """Relative weights by backend: whole numbers that need not add up to 100. Weight 0 takes nobody."""
    backend: BackendName | None = None
    """The one backend that takes the whole route."""
    group: GroupName | None = None
    """The group whose split the route shares."""
    shadow: ShadowKeys | None = None
    """Copy requests to the other side and compare the answers. Default: no copies."""
    fallback: BackendName | None = None
    """Who answers a safe request if the chosen backend fails before its first byte. Default: nobody."""
    compare: CompareKeys | None = None
    """How the two answers are compared."""
    ready: ReadyKeys | None = None
    """When the route may move."""
    priority: Priority = 0
    """Higher first, before any other order. Default 0."""
    sticky: Flag = True
    """The same user always gets the same side. Default true."""
    retired: Flag = False
    """The monolith is never called for this route any more. Default false."""
    enabled: Flag = True
    """false: the route is checked, and otherwise as if it were not there. Default true."""
    timeouts: TimeoutKeys | None = None
    """Limits for this route, instead of the backend's."""
    retries: RetryKeys | None = None
    """Try again where that is safe. Default: from defaults."""
    rate_limit: RateLimitKeys | None = None
    """How many requests one client may send to this route. Default: from defaults."""
    limits: RouteLimitKeys | None = None
    """What one request may cost."""
    redact: RedactKeys | None = None
    """What is hidden of this route in what is kept and logged, beside what always is and what defaults say."""


class TableKeys(Entry):
    version: Annotated[Literal[1], BeforeValidator(_version)]
    """The version of this grammar: 1."""
    backends: dict[BackendName, BackendKeys]
    """What we forward to, by name. The one named legacy is the monolith."""
    listen: ListenKeys | None = None
    """How clients come in: TLS, HTTP/2, PROXY protocol. Default: plain HTTP/1."""
    limits: LimitKeys | None = None
    """What one client may cost."""
    overload: OverloadKeys | None = None
    """When work is shed: the shadow first, then keep-alive, then new requests."""
    keep: KeepKeys | None = None
    """How long, and how much of, what is recorded is kept."""
    defaults: DefaultKeys | None = None
    """What holds where nothing else is said."""
    groups: Annotated[
        dict[GroupName, GroupKeys],
        BeforeValidator(_or_empty({}), json_schema_input_type=dict[GroupName, GroupKeys] | None),
    ] = {}
    """Routes that must move together, by name."""
    routes: Annotated[
        list[RouteKeys], BeforeValidator(_or_empty([]), json_schema_input_type=list[RouteKeys] | None)
    ] = []
    """The route table. The order of the entries never matters; what no route claims goes to legacy."""
