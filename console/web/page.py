"""The overview: every route with its stage, weights, evidence and verdict; below, the processes behind it. Pure."""

from __future__ import annotations

from typing import Any

from console.report import wrong
from console.web.html import Html, join, tag
from console.web.style import STYLE
from proxy.model.table import LEGACY, Route, Table
from shadow.figures import share_of

Document = dict[str, Any]

REFRESH_SECONDS = 10
MOST_SIGNATURES = 8
"""Of one route; the API has them all."""


def overview(status: Document, table: Table | None, report: Document | None, trouble: str | None) -> str:
    """The page. ``report`` is None when there is no evidence to show; ``trouble`` says why."""
    body = tag(
        "body",
        _header(status),
        *(_notice(reason) for reason in [*status["reasons"], *([trouble] if trouble else [])]),
        tag("h2", "Routes"),
        _routes(table, report),
        tag("div", _backends(status), _processes(status), class_="columns"),
        _footer(status),
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", http_equiv="refresh", content=REFRESH_SECONDS),
        tag("title", f"strangler: {status['state']}"),
        tag("style", Html(STYLE)),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _header(status: Document) -> Html:
    source = status["table"]["source"].rpartition("/")[2]
    return tag(
        "header",
        tag("h1", "strangler"),
        tag("span", status["state"], class_=f"badge {status['state']}"),
        tag("p", f"http://{status['listen']}, table version {status['table_version']} from {source}"),
    )


def _notice(reason: str) -> Html:
    first, _, rest = reason.partition("\n")
    block = tag("pre", join(*(join(line, Html("\n")) for line in rest.splitlines()))) if rest else None
    return tag("div", first, block, class_="notice")


def _routes(table: Table | None, report: Document | None) -> Html:
    recorded = {route["route"]: route for route in report["routes"]} if report else {}
    known = {route.name: route for route in table.routes} if table else {}
    names = [*recorded, *(name for name in known if name not in recorded)]
    if not names:
        return tag("p", "No route in the table: everything goes to legacy, and nothing is compared.", class_="quiet")
    columns = ("Route", "Verdict", "Weights", "Seen", "Compared", "Wrong", "p50 ms")
    heads = (
        tag("th", name, class_="number" if name in {"Seen", "Compared", "Wrong", "p50 ms"} else None)
        for name in columns
    )
    rows = (_route(name, known.get(name), recorded.get(name), len(columns)) for name in names)
    return tag("div", tag("table", tag("thead", tag("tr", *heads)), *rows), class_="scroll")


def _route(name: str, route: Route | None, recorded: Document | None, columns: int) -> Html:
    stage = recorded["stage"] if recorded else route.stage.value if route else ""
    cells = [
        tag("td", tag("span", name, class_="name"), tag("div", stage, class_="quiet")),
        tag("td", _verdict(recorded)),
        tag("td", _weights(route) if route else None, class_="weights"),
        *(tag("td", number, class_="number") for number in _numbers(recorded)),
    ]
    rows = [tag("tr", *cells)]
    if recorded is not None and recorded["candidate"] is not None:
        rows.append(tag("tr", tag("td", _more(recorded), colspan=columns), class_="more"))
    return tag("tbody", *rows)


def _verdict(recorded: Document | None) -> Html | None:
    if recorded is None:
        return tag("span", "no evidence yet", class_="quiet")
    verdict = recorded["readiness"]["verdict"]
    return tag("span", verdict, class_=f"badge {verdict}") if recorded["candidate"] is not None else None


def _numbers(recorded: Document | None) -> tuple[str | None, ...]:
    """Seen, compared, wrong and medians."""
    if recorded is None:
        return (None,) * 4
    if recorded["candidate"] is None:
        return (f"{recorded['seen']:,}", None, None, None)
    bad, judged = wrong(recorded)
    return (
        f"{recorded['seen']:,}",
        f"{recorded['compared']:,}",
        share_of(bad, judged) if judged else None,
        _medians(recorded),
    )


def _weights(route: Route) -> Html:
    """A bar, the new side in colour, and the same in numbers."""
    whole = sum(weight for _, weight in route.split.weights) or 1
    bars, at = [], 0.0
    for name, weight in sorted(route.split.weights, key=lambda arm: arm[0] == LEGACY):
        width = 100 * weight / whole
        bars.append(
            tag("rect", x=f"{at:g}", width=f"{width:g}", height=6, class_="legacy" if name == LEGACY else "new")
        )
        at += width
    shown = ", ".join(f"{name} {weight}" for name, weight in route.split.weights)
    bar = tag("svg", *bars, viewBox="0 0 100 6", preserveAspectRatio="none", role="img", aria_label=shown)
    return join(bar, shown, f" (group {route.group})" if route.group else None)


def _medians(recorded: Document) -> str | None:
    medians = [recorded["latency_ms"][side]["p50"] for side in ("control", "candidate")]
    if None in medians:
        return None
    return " / ".join(f"{median:.0f}" if median >= 10 else f"{median:.1f}" for median in medians)


def _more(recorded: Document) -> Html:
    reasons = tag("ul", *(tag("li", reason) for reason in recorded["readiness"]["reasons"]))
    signatures = recorded["signatures"]
    if not signatures:
        return reasons
    rows = [_signature(signature) for signature in signatures[:MOST_SIGNATURES]]
    if len(signatures) > MOST_SIGNATURES:
        rows.append(tag("tr", tag("td", f"and {len(signatures) - MOST_SIGNATURES} more", colspan=4, class_="quiet")))
    return join(reasons, tag("div", tag("table", *rows, class_="plain signatures"), class_="scroll"))


def _signature(signature: Document) -> Html:
    pair = signature["example_pair"]
    return tag(
        "tr",
        tag("td", f"{signature['count']:,}", class_="number"),
        tag("td", tag("code", signature["path"]), tag("div", signature["kind"], class_="quiet")),
        tag("td", _example(signature["control_example"]), " → ", _example(signature["candidate_example"])),
        tag("td", tag("a", f"pair {pair[:8]}", href=f"/api/v1/pairs/{pair}")),
    )


def _example(value: str | None) -> Html:
    if value is None:
        return tag("span", "absent", class_="quiet")
    return tag("code", value if len(value) <= 120 else f"{value[:117]}...")


def _plain_table(title: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> Html:
    """Everything but the first column is a number."""
    classes = [None, *["number"] * (len(columns) - 1)]
    head = tag("tr", *(tag("th", name, class_=kind) for name, kind in zip(columns, classes, strict=True)))
    body = (tag("tr", *(tag("td", cell, class_=kind) for cell, kind in zip(row, classes, strict=True))) for row in rows)
    table = tag("table", tag("thead", head), tag("tbody", *body), class_="plain")
    return tag("section", tag("h2", title), tag("div", table, class_="scroll"))


def _backends(status: Document) -> Html:
    return _plain_table(
        "Backends",
        ("Backend", "In flight", "Answered", "Failed"),
        [
            (
                join(tag("span", b["name"], class_="name"), tag("div", " ".join(b["urls"]), class_="quiet")),
                *(f"{b[name]:,}" for name in ("in_flight", "answered", "failed")),
            )
            for b in status["backends"]
        ],
    )


def _processes(status: Document) -> Html:
    return _plain_table(
        "Processes",
        ("Process", "Pid", "Restarts"),
        [
            (
                join(f"{p['role']}/{p['index']}", None if p["ready"] else tag("span", " not ready", class_="bad")),
                str(p["pid"] or "-"),
                str(p["restarts"]),
            )
            for p in status["processes"]
        ],
    )


def _footer(status: Document) -> Html:
    tap = status["tap"]
    dropped = "; ".join(f"{reason.replace('_', ' ')} {count:,}" for reason, count in tap["dropped"].items())
    lost = f"Lost of {tap['eligible']:,} copies: {dropped}. " if dropped else ""
    links = (
        ("/api/v1/report", "report"),
        ("/api/v1/status", "status"),
        ("/metrics", "metrics"),
        ("/api/openapi.json", "API"),
    )
    return tag(
        "footer",
        f"{status['unclaimed']:,} requests that no route claims went to legacy. ",
        f"{tap['sent']:,} copies sent, {tap['done']:,} done. {lost}",
        join(*(join(tag("a", text, href=href), " ") for href, text in links)),
    )
