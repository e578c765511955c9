"""What the reader of the report sees, in two sentences made from the report itself."""

from __future__ import annotations

from typing import Any


def summary(report: dict[str, Any], *, sent: int, failed: int) -> str:
    """``report`` is ``strangler report --format json``; ``sent`` and ``failed`` are requests of the users."""
    by_verdict: dict[str, list[dict[str, Any]]] = {}
    for route in report["routes"]:
        by_verdict.setdefault(route["readiness"]["verdict"], []).append(route)
    blocked = "; ".join(_why_blocked(route) for route in by_verdict.get("blocked", []))
    ready = _listed([route["route"] for route in by_verdict.get("ready", [])])
    noisy = _listed([route["route"] for route in report["routes"] if _only_noise(route)])
    first = (
        f"While {sent:,} requests were answered and {failed} failed, the new service turned out to be wrong here: {blocked}."
        if blocked
        else f"While {sent:,} requests were answered and {failed} failed, no route of the new service turned out to be wrong."
    )
    second = f"{ready or 'No route'} answered as the monolith does often enough to move on"
    if noisy:
        second += f", and {noisy} is not held against it: the monolith disagrees with itself in the same place"
    return f"{first}\n{second}."


def _why_blocked(route: dict[str, Any]) -> str:
    places = [f"{signature['path']} ({signature['kind']}, {signature['count']}x)" for signature in route["signatures"]]
    if places:
        return f"{route['route']} at {_listed(places)}"
    latency = route["latency_ms"]
    medians = [latency[side]["p50"] for side in ("control", "candidate")]
    if None not in medians and medians[1] > medians[0]:
        return f"{route['route']} takes {medians[1]:.0f} ms where the monolith takes {medians[0]:.0f} ms"
    return f"{route['route']} ({'; '.join(route['readiness']['reasons'])})"


def _only_noise(route: dict[str, Any]) -> bool:
    outcomes = route["outcomes"]
    return bool(outcomes.get("noise")) and not outcomes.get("mismatch")


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
