"""Where the routes stand in the text of a route table, good or bad. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proxy.table.mistakes import BadTable
from proxy.table.reading import read


class AnyVariables(Mapping[str, str]):
    """Every variable is set, to its own name: for a text of which values do not matter, or are not known."""

    def __getitem__(self, name: str) -> str:
        return f"${{{name}}}"

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ARG002 - a mapping's signature
        return self[name]

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0


def route_lines(text: str | bytes) -> dict[str, int]:
    """By name, the line of each route, from 1; as many as can be read."""
    try:
        document = read(text, AnyVariables(), "")
    except BadTable:
        return {}
    routes = document.data.get("routes")
    names = (
        [route.get("name") if isinstance(route, dict) else None for route in routes] if isinstance(routes, list) else []
    )
    return {
        name: document.place(("routes", index, "name"), key=True)[0] + 1
        for index, name in enumerate(names)
        if isinstance(name, str)
    }
