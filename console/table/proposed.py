"""Proposed compare rules, put into the text of a table. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from console.table.edit import NEXT, put
from console.table.waiver import compare_of

Document = dict[str, Any]


def with_proposals(text: str, data: Mapping[str, Any], proposals: Iterable[Document]) -> tuple[str, list[Document]]:
    """The table's text with the rules, and those of them that it did not have before. ``data`` is the table as the file says it.
    Raises CannotEdit, and then nothing of it is to be used."""
    written = []
    for one in proposals:
        place = compare_of(data, one["route"])
        index = place[1]
        present = (data["routes"][index].get("compare") or {}).get(one["key"])
        if one["key"] == "tolerance":
            ((path, apart),) = one["entry"].items()
            if path in (present or {}):
                continue
            text = put(text, (*place, "tolerance", path), apart)
        else:
            if _has(present, one["entry"]):
                continue
            text = put(text, (*place, one["key"], NEXT), _dated(one["entry"]))
        written.append(one)
    return text, written


def _has(present: Any, entry: Mapping[str, Any]) -> bool:
    """Whether there is a rule for the same place: how it was written is its author's."""
    paths = [one.get("path") if isinstance(one, Mapping) else one for one in present or ()]
    return entry["path"] in paths


def _dated(entry: Mapping[str, Any]) -> Document:
    return {name: date.fromisoformat(value) if name == "until" else value for name, value in entry.items()}
