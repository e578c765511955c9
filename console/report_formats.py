"""The formats of the report: each makes text of one document. What a format alone needs is imported when it is asked for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from console.output import json_text
from console.report import Document
from console.report_junit import report_junit
from console.report_markdown import report_markdown
from console.report_sarif import report_sarif
from console.report_text import report_text
from console.table.lines import route_lines
from console.terminal import as_text
from console.version import version
from proxy.table.reading import MAX_BYTES


def _sarif(report: Document, config: str) -> str:
    file, lines = _table(config)
    return json_text(report_sarif(report, version=version(), file=file, lines=lines))


def _html(report: Document, _config: str) -> str:
    from console.report_html import report_html  # noqa: PLC0415 - half a second that nobody else waits for

    return report_html(report)


FORMATS: Final[dict[str, Callable[[Document, str], str]]] = {
    "text": lambda report, _: as_text(report_text(report)).rstrip("\n"),
    "json": lambda report, _: json_text(report),
    "markdown": lambda report, _: report_markdown(report),
    "junit": lambda report, _: report_junit(report),
    "sarif": _sarif,
    "html": _html,
}
"""By name; the second argument names the route table, which need not be there."""


def _table(config: str) -> tuple[str, dict[str, int]]:
    """The name of the route table within the checkout, and the lines of its routes."""
    name = os.path.relpath(config)
    name = Path(config).name if name.startswith("..") else name
    try:
        with Path(config).open("rb") as file:
            return name, route_lines(file.read(MAX_BYTES))
    except (OSError, ValueError):
        return name, {}
