"""What the grammar cannot see: names that must exist, weights that must draw somebody, stages that must make sense.

Each check is one function in ``CHECKS``; it looks at the whole table and puts what it finds into the document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from proxy.model.link_local import is_link_local
from proxy.model.table import LEGACY, Endpoint
from proxy.table.document import Document
from proxy.table.grammar import RouteKeys, TableKeys
from proxy.table.mistakes import did_you_mean, quoted
from proxy.table.pruning import Damage
from proxy.table.shadow_checks import check_edits, check_jars, check_writes
from proxy.table.wording import Location


@dataclass(frozen=True, slots=True)
class Subject:
    """The table under check, and what could not be read of it."""

    keys: TableKeys
    document: Document
    damage: Damage

    def mistake(
        self, location: Location, message: str, help_: str | None = None, *, code: str, key: bool = False
    ) -> None:
        self.document.mistake(location, message, help_, key=key, code=code)

    def line(self, location: Location) -> int:
        return self.document.place(location)[0] + 1

    def check_backend(self, name: str | None, location: Location, *, key: bool = False) -> None:
        """``name`` must be a backend of the table."""
        if name is not None and name not in self.keys.backends and not self.damage.backends:
            known = self.keys.backends
            help_ = did_you_mean(name, known) or f"backends here: {', '.join(known)}"
            self.mistake(location, f"there is no backend {quoted(name)}", help_, key=key, code="unknown-backend")

    def weights(self, route: RouteKeys) -> dict[str, int]:
        """The weights of a route by backend, wherever they are written; empty if they cannot be known."""
        if route.group is not None:
            group = self.keys.groups.get(route.group)
            return {} if group is None or route.group in self.damage.splits else group.split
        return {route.backend: 1} if route.backend is not None else route.split or {}


def check_table(keys: TableKeys, document: Document, damage: Damage) -> None:
    subject = Subject(keys, document, damage)
    for check in CHECKS:
        check(subject)


def _legacy(subject: Subject) -> None:
    backends = subject.keys.backends
    if LEGACY not in backends and not subject.damage.backends:
        near = next((name for name in backends if name.lower() == LEGACY), None)
        help_ = f'write "{LEGACY}" instead of "{near}"' if near else "name the backend of the monolith `legacy`"
        subject.mistake(
            ("backends",), "no backend is named legacy: nobody takes what no route claims", help_, code="no-legacy"
        )


def _addresses(subject: Subject) -> None:
    for name, backend in subject.keys.backends.items():
        location: Location = ("backends", name)
        if backend.url is None and backend.urls is None:
            subject.mistake(
                location,
                f"the backend {quoted(name)} has no url",
                "add url: http://127.0.0.1:8000",
                key=True,
                code="backend-without-url",
            )
        elif backend.url is not None and backend.urls is not None:
            subject.mistake(
                (*location, "urls"),
                "url and urls exclude each other",
                "put all into urls",
                key=True,
                code="conflicting-keys",
            )
        urls = [entry.url.url for entry in backend.urls or ()]
        for index, url in enumerate(urls):
            if url in urls[:index]:
                subject.mistake(
                    (*location, "urls", index),
                    f"{quoted(url)} stands here twice",
                    "keep one of them",
                    code="duplicate-entry",
                )


def _link_local(subject: Subject) -> None:
    """Only what the table says; where a name leads is seen when it is looked up."""
    for name, backend in subject.keys.backends.items():
        if backend.allow_link_local:
            continue
        given = [(("url",), backend.url)] if backend.url else []
        places: list[tuple[Location, Endpoint]] = [
            *given,
            *((("urls", i), e.url) for i, e in enumerate(backend.urls or ())),
        ]
        for place, endpoint in places:
            if is_link_local(endpoint.host):
                subject.mistake(
                    ("backends", name, *place),
                    f"{quoted(endpoint.host)} is an address at which clouds keep metadata and credentials",
                    "if a backend is there all the same, say allow_link_local: true",
                    code="link-local",
                )


def _tls(subject: Subject) -> None:
    for name, backend in subject.keys.backends.items():
        tls, location = backend.tls, ("backends", name, "tls")
        if tls is None:
            continue
        addresses = [entry.url for entry in backend.urls or ()] + ([backend.url] if backend.url else [])
        if addresses and not any(address.scheme == "https" for address in addresses):
            subject.mistake(
                location,
                f"the backend {quoted(name)} is not asked over TLS",
                "write https:// in its url",
                key=True,
                code="tls-unused",
            )
        if (tls.certificate is None) != (tls.key is None):
            subject.mistake(
                location, "a certificate and its key belong together", "give both or none", key=True, code="missing-key"
            )
        if not tls.verify and tls.ca is not None:
            subject.mistake(
                (*location, "ca"),
                "nobody looks at ca: verify is false",
                "remove one of them",
                key=True,
                code="tls-unused",
            )


def _identity(subject: Subject) -> None:
    defaults = subject.keys.defaults
    for index, entry in enumerate(defaults.identity if defaults else ()):
        if (entry.cookie is None) == (entry.header is None):
            message = "an identity is one cookie or one header"
            subject.mistake(
                ("defaults", "identity", index),
                message,
                "write { cookie: session } or { header: X-User-Id }",
                code="conflicting-keys",
            )


def _splits(subject: Subject) -> None:
    damage = subject.damage
    owners: Iterable[tuple[Location, dict[str, int] | None, bool]] = (
        *((("groups", name, "split"), g.split, name in damage.splits) for name, g in subject.keys.groups.items()),
        *((("routes", i, "split"), r.split, i in damage.routes) for i, r in enumerate(subject.keys.routes)),
    )
    for location, split, damaged in owners:
        for name in split or ():
            subject.check_backend(name, (*location, name), key=True)
        if split and not damaged and not any(split.values()):
            subject.mistake(
                location,
                "all weights are 0: nobody would take a request",
                "give one backend a weight, as { legacy: 1 }",
                key=True,
                code="zero-weights",
            )


def _names(subject: Subject) -> None:
    seen: dict[str, int] = {}
    for index, route in enumerate(subject.keys.routes):
        location: Location = ("routes", index, "name")
        if route.name in seen:
            first = subject.line(("routes", seen[route.name], "name"))
            subject.mistake(
                location,
                f"the name {quoted(route.name)} is taken by the route in line {first}",
                "names are unique",
                code="duplicate-name",
            )
        seen.setdefault(route.name, index)
        if route.name in subject.keys.groups and route.group != route.name:
            message = f"{quoted(route.name)} is also the name of a group that this route is not in"
            subject.mistake(
                location, message, "name one of them otherwise: commands take either", code="duplicate-name"
            )


def _destinations(subject: Subject) -> None:
    for index, route in enumerate(subject.keys.routes):
        location: Location = ("routes", index)
        given = [key for key in ("split", "backend", "group") if getattr(route, key) is not None]
        if not given and index not in subject.damage.routes:
            help_ = "add split: { orders: 5, legacy: 95 }, or backend: legacy, or group: NAME"
            subject.mistake(
                location, f"the route {quoted(route.name)} says nowhere who answers", help_, code="no-destination"
            )
        if len(given) > 1:
            message = f"{' and '.join(given)} exclude each other: each says who answers"
            subject.mistake(
                (*location, given[1]), message, f"keep {given[0]} or {given[1]}", key=True, code="conflicting-keys"
            )
        subject.check_backend(route.backend, (*location, "backend"))
        subject.check_backend(route.fallback, (*location, "fallback"))
        _check_group(subject, route, location)


def _check_group(subject: Subject, route: RouteKeys, location: Location) -> None:
    if route.group is None:
        return
    groups = subject.keys.groups
    if route.group not in groups and not subject.damage.groups:
        help_ = did_you_mean(route.group, groups) or (
            f"groups here: {', '.join(groups)}" if groups else "add it under groups:"
        )
        subject.mistake((*location, "group"), f"there is no group {quoted(route.group)}", help_, code="unknown-group")
    if not route.sticky:
        message = "a route of a group is sticky: the group draws once for each user"
        subject.mistake(
            (*location, "sticky"),
            message,
            "remove it, or give the route a split of its own",
            key=True,
            code="group-not-sticky",
        )


def _shadows(subject: Subject) -> None:
    for index, route in enumerate(subject.keys.routes):
        if route.shadow is not None and index not in subject.damage.routes:
            _check_shadow(subject, route, ("routes", index, "shadow"))


def _check_shadow(subject: Subject, route: RouteKeys, location: Location) -> None:
    assert route.shadow is not None
    candidate = route.shadow.candidate
    new = [name for name in subject.weights(route) if name != LEGACY]
    if candidate is not None:
        subject.check_backend(candidate, (*location, "candidate"))
        if candidate == LEGACY:
            subject.mistake(
                (*location, "candidate"),
                "legacy is what candidates are compared with",
                "name the new backend",
                code="bad-candidate",
            )
        elif new and candidate not in new:
            message = f"the candidate {quoted(candidate)} is not in the split, which has {', '.join(new)}"
            subject.mistake(
                (*location, "candidate"),
                message,
                f"write candidate: {new[0]}, or add {candidate}: 0 to the split",
                code="bad-candidate",
            )
    elif len(new) > 1:
        message = f"the split has several new backends ({', '.join(new)}): which one is judged?"
        subject.mistake(location, message, f"add candidate: {new[0]}", key=True, code="bad-candidate")
    elif not new and subject.weights(route):
        message = "there is nothing to compare with: only legacy takes part in this route"
        subject.mistake(
            location,
            message,
            "add the new backend to the split with weight 0, or candidate: NAME",
            key=True,
            code="nothing-to-compare",
        )


def _retired(subject: Subject) -> None:
    for index, route in enumerate(subject.keys.routes):
        location: Location = ("routes", index, "retired")
        if not route.retired or index in subject.damage.routes:
            continue
        if subject.weights(route).get(LEGACY):
            message = "a retired route never calls legacy, and this one gives it a share"
            subject.mistake(location, message, "set the weight of legacy to 0", key=True, code="retired-calls-legacy")
        if route.shadow is not None:
            subject.mistake(
                ("routes", index, "shadow"),
                "a retired route never calls legacy, so nothing is copied",
                "remove shadow",
                key=True,
                code="retired-calls-legacy",
            )


CHECKS: Final[tuple[Callable[[Subject], None], ...]] = (
    _legacy,
    _addresses,
    _link_local,
    _tls,
    _identity,
    _splits,
    _names,
    _destinations,
    _shadows,
    check_edits,
    check_jars,
    check_writes,
    _retired,
)
