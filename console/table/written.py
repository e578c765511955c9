"""Values as people write them in a route table. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import yaml

WIDTH: Final = 120
"""Columns; what is longer stands on several lines."""


def flow(value: Any) -> str:
    """On one line, and right within brackets too."""
    match value:
        case dict():
            return "{ " + ", ".join(f"{flow(key)}: {flow(inner)}" for key, inner in value.items()) + " }"
        case list():
            return f"[{', '.join(map(flow, value))}]"
        case _:
            # A text of ours that looks like a variable is none.
            value = value.replace("${", "$${") if isinstance(value, str) else value
            dumped = yaml.safe_dump([value], default_flow_style=True, width=1_000_000, allow_unicode=True)
            return dumped.strip().removeprefix("[").removesuffix("]")


def block(value: Any, column: int) -> list[str]:
    """The lines of a map or a list that begins at ``column``, each without the indentation of the first."""
    entries = value.items() if isinstance(value, Mapping) else [(None, item) for item in value]
    written: list[str] = []
    for key, inner in entries:
        start = "- " if key is None else f"{flow(key)}: "
        line = start + flow(inner)
        if not isinstance(inner, (Mapping, list)) or (column + len(line) <= WIDTH and not _holds_maps(inner)):
            written.append(line)
            continue
        inside = [f"  {below}" for below in block(inner, column + 2)]
        written += [start + inside[0].lstrip(), *inside[1:]] if key is None else [start.rstrip(), *inside]
    return written


def _holds_maps(value: Any) -> bool:
    """Those that one has to read stand on lines of their own."""
    inner = value.values() if isinstance(value, Mapping) else value
    return any(isinstance(one, Mapping) or (isinstance(one, list) and _holds_maps(one)) for one in inner)
