"""The report as one page of HTML: no script, nothing fetched from anywhere, and what strangers wrote is text."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from importlib.resources import files
from typing import Final

from markupsafe import Markup

from console.evidence_text import evidence_lines
from console.report import SILENT, WRONG, Document, counts_line, wrong
from console.rules_text import rules_lines, rules_warnings
from console.web.templates import render

MOST_SIGNATURES: Final = 100
"""Of one route."""

_PARTS: Final = (("equal", "match"), ("accepted", "waived"), *(("wrong", o.value) for o in WRONG), *(("silent", o.value) for o in SILENT))  # fmt: skip
"""The parts of a route's bar, from left to right: the colour and the outcome."""


def report_html(report: Document) -> str:
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    routes = [_route(route) for route in report["routes"]]
    return render(
        "report.html",
        {
            "report": report,
            "routes": routes,
            # The page may use this one style sheet and nothing else, whatever got into it.
            "policy": f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
            "style": Markup(style),  # noqa: S704 - ours
            "most": MOST_SIGNATURES,
        },
    )


def _style() -> str:
    """The console's, and what paper and small screens need."""
    web = files("console.web")
    return "".join((web / name).read_text(encoding="utf-8") for name in ("static/style.css", "templates/report.css"))


def _route(route: Document) -> Document:
    bad, judged = wrong(route)
    return {
        **route,
        "wrong": bad,
        "judged": judged,
        "bar": list(_bar(route)),
        "warnings": list(rules_warnings(route)),
        "facts": [fact for fact in (counts_line(route), *evidence_lines(route), *rules_lines(route)) if fact],
    }


def _bar(route: Document) -> Iterator[Document]:
    """``at`` and ``share`` in per cent; what is there is visible, however little it is."""
    counted = [(colour, name, route["outcomes"][name]) for colour, name in _PARTS if route["outcomes"][name]]
    shares = [max(1.0, 100 * n / route["compared"]) for _, _, n in counted]
    at = 0.0
    for (colour, name, n), share in zip(counted, shares, strict=True):
        width = 100 * share / sum(shares)
        yield {
            "colour": colour,
            "name": name.replace("_", " "),
            "count": n,
            "at": round(at, 2),
            "share": round(width, 2),
        }
        at += width
