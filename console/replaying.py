"""What a replay has to know of each route: the rules of the table, and what the store was told. Neither is needed. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from proxy.model.edits import RequestEdits
from proxy.model.plan import Plan
from proxy.model.redact import NO_RULES
from proxy.model.table import CompareRules, Route
from shadow.again.replay import Known
from shadow.compare import Origins


def known_of(routes: Sequence[Route], plans: Mapping[str, Plan]) -> dict[str, Known]:
    """By the names of routes. ``plans`` are those that the store keeps."""
    rules = {route.name: route.compare for route in routes}
    requests = {route.name: route.shadow.requests for route in routes if route.shadow is not None}
    redact = {name: plan.redact for name, plan in plans.items()} | {route.name: route.redact for route in routes}
    origins = {name: plan.urls.get(plan.control, ()) for name, plan in plans.items()}
    return {
        name: Known(
            rules.get(name, CompareRules()),
            Origins(control=origins.get(name, ())),
            requests.get(name, RequestEdits()),
            redact.get(name, NO_RULES),
        )
        for name in {*rules, *origins}
    }
