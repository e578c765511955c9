"""What the shadow must know of a route to replay, compare and judge it: a plan, sent over the tap as JSON.

The shadow has no configuration of its own; whatever it does, a plan told it to.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from datetime import date
from functools import cache
from typing import Any, Final

from proxy.model.edits import RequestEdits
from proxy.model.keep import Contents, Keep
from proxy.model.listen import BackendTls, Certificate
from proxy.model.normalise import Normalise
from proxy.model.redact import NO_RULES, RedactRules
from proxy.model.table import LEGACY, CompareRules, Cookies, ReadyRule, Route, Table, Unordered, Waiver

_WORDS: Final = frozenset({"reason", "author"})


@dataclass(frozen=True, slots=True)
class Plan:
    """One route's plan. ``control`` and ``candidate`` are backend names; ``urls`` maps a backend name to its base URLs,
    ``tls`` to what holds for those with https, where that is not the default, ``version_headers`` to the header whose value names
    the build that answered.
    ``timeout`` is seconds for one whole replay, ``max_answer`` bytes of an answer's body, ``repeat`` the share of safe copies
    for which the control is asked twice. ``requests`` are changes to what is sent: they may hold credentials, so they go to the
    shadow and nowhere else. ``jar``: copies carry the cookies that their side has set, and these, as (kind, name), are what a user is
    recognised by; None: the client's cookies. ``redact`` is what is hidden of what is kept, beside what always is; ``keep`` holds for the whole store, and is
    the same in all plans of a table, ``contents`` for what is kept of a pair.

    ``rules`` names the rule set: evidence gathered under different rules is never added up (an epoch ends).
    """

    route: str
    stage: str
    control: str
    candidate: str | None
    table_version: int
    rules: str
    compare: CompareRules
    ready: ReadyRule
    timeout: float
    urls: dict[str, tuple[str, ...]]
    max_answer: int = 1024 * 1024
    repeat: float = 0.0
    tls: dict[str, BackendTls] = field(default_factory=dict)
    version_headers: dict[str, str] = field(default_factory=dict)
    requests: RequestEdits = field(default=RequestEdits(), repr=False)
    jar: tuple[tuple[str, str], ...] | None = None
    redact: RedactRules = NO_RULES
    keep: Keep = Keep()
    contents: Contents = Contents.REDACTED

    def to_json(self) -> dict[str, Any]:
        """What may be kept of it."""
        kept = asdict(self)
        del kept["requests"]
        return kept

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Plan:
        compare = data["compare"]
        return cls(
            route=data["route"],
            stage=data["stage"],
            control=data["control"],
            candidate=data["candidate"],
            table_version=data["table_version"],
            rules=data["rules"],
            compare=CompareRules(
                ignore=tuple(
                    Waiver(
                        w["path"],
                        w["reason"],
                        date.fromisoformat(w["until"]) if w["until"] else None,
                        w.get("author"),
                        tuple(w.get("kinds", ())),
                    )
                    for w in compare["ignore"]
                ),
                normalise=tuple(Normalise(**n) for n in compare.get("normalise", ())),
                unordered=tuple(Unordered(u["path"], u["key"]) for u in compare["unordered"]),
                tolerance=tuple((path, distance) for path, distance in compare["tolerance"]),
                headers=tuple(compare["headers"]),
            ),
            ready=ReadyRule(**data["ready"]),
            timeout=data["timeout"],
            urls={name: tuple(urls) for name, urls in data["urls"].items()},
            max_answer=data["max_answer"],
            repeat=data.get("repeat", 0.0),
            tls={name: _tls(keys) for name, keys in data["tls"].items()},
            version_headers=data.get("version_headers", {}),  # not in plans that an older strangler stored
            requests=RequestEdits.from_json(data["requests"]) if "requests" in data else RequestEdits(),
            jar=tuple((kind, name) for kind, name in jar) if (jar := data.get("jar")) is not None else None,
            redact=RedactRules(**{name: tuple(texts) for name, texts in data.get("redact", {}).items()}),
            keep=Keep(**data.get("keep", {})),
            contents=Contents(data.get("contents", Contents.REDACTED)),
        )


def plan_of(route: Route, table: Table) -> Plan:
    """The plan of one route under ``table``. Routes without a shadow have one too: the report lists them."""
    sides = [LEGACY] + ([route.candidate] if route.candidate else [])
    return Plan(
        route=route.name,
        stage=route.stage,
        control=LEGACY,
        candidate=route.candidate,
        table_version=table.version,
        rules=_rules_id(route),
        compare=route.compare,
        ready=route.ready,
        timeout=route.shadow.timeout if route.shadow else 0.0,
        urls={name: tuple(endpoint.url for endpoint in table.backends[name].endpoints) for name in sides},
        max_answer=route.shadow.max_answer if route.shadow else 0,
        repeat=route.shadow.repeat if route.shadow else 0.0,
        tls={name: tls for name in sides if (tls := table.backends[name].tls) != BackendTls()},
        version_headers={name: header for name in sides if (header := table.backends[name].version_header)},
        requests=route.shadow.requests if route.shadow else RequestEdits(),
        jar=tuple((source.kind, source.name) for source in table.identity) if _has_jar(route) else None,
        redact=route.redact,
        keep=table.keep,
        contents=route.shadow.keep if route.shadow else Contents.REDACTED,
    )


def plans_of(table: Table) -> dict[str, Plan]:
    return {route.name: plan_of(route, table) for route in table.routes}


def encode_plans(plans: dict[str, Plan]) -> bytes:
    """For the shadow worker alone: with what no other may know."""
    return json.dumps(list(plans.values()), default=_members).encode()


def decode_plans(data: bytes) -> dict[str, Plan]:
    return {plan["route"]: Plan.from_json(plan) for plan in json.loads(data)}


def _tls(data: dict[str, Any]) -> BackendTls:
    own = data["certificate"]
    return BackendTls(**{**data, "certificate": Certificate(**own) if own else None})


def _members(value: Any) -> Any:
    """For JSON: what ``asdict`` would give, without a copy of every value in it. A large table has very many."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: getattr(value, name) for name in _names(type(value))}
    return str(value)


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))


def _ruling(value: Any) -> Any:
    """Of compare rules, what they do."""
    members = _members(value)
    return {name: members[name] for name in members if name not in _WORDS} if isinstance(members, dict) else members


def _has_jar(route: Route) -> bool:
    return route.shadow is not None and route.shadow.cookies is Cookies.JAR


def _rules_id(route: Route) -> str:
    """Same rules, same id, on every machine and after every restart. Words that only people read are no rules, nor is a new
    credential."""
    rules: list[Any] = [route.compare, route.candidate]
    if route.shadow is not None and route.shadow.requests != RequestEdits():
        rules.append(route.shadow.requests.public)
    if _has_jar(route):
        rules.append(Cookies.JAR)
    text = json.dumps(rules, default=_ruling, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
