"""Proposed rules as a document, and as YAML to paste into routes.yaml. Pure but for what it is given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any, Final

import yaml

from proxy.model.log import rfc3339
from proxy.model.printable import printable
from shadow.again.lists import lists_at
from shadow.rules.endings import endings
from shadow.rules.hidden import unused
from shadow.rules.suggest import KeyOf, Proposal, Warned, key_among, proposals
from shadow.store.read_learned import Learned
from shadow.store.records import StoredPair

Document = dict[str, Any]

UNUSED_DAYS: Final = 14
UNUSED_PAIRS: Final = 1000
"""A rule that hid nothing in so many pairs and days may go."""

_ORDER: Final = ("ignore", "normalise", "unordered", "tolerance")


def suggested_document(learned: Iterable[Learned], kept: dict[str, list[StoredPair]], *, now: float) -> Document:
    """``kept`` are some pairs of each route with their contents."""
    today = datetime.fromtimestamp(now, UTC).date()
    found: list[Proposal] = []
    warned: list[Warned] = []
    remarks: list[Document] = []
    for one in learned:
        route = one.plan.route
        more, looked_at = proposals(
            route,
            one.places,
            compared=one.compared,
            asked_twice=one.asked_twice,
            today=today,
            key_of=_key_of(kept.get(route, [])),
        )
        found += more
        warned += looked_at
        remarks += _remarks(one, now, today)
    return {
        "generated_at": rfc3339(now),
        "proposals": [
            {"route": one.route, "key": one.key, "entry": _plain(one.entry), "why": one.why}
            for one in sorted(found, key=lambda one: (one.route, _ORDER.index(one.key)))
        ],
        "suspicious": [{"route": one.route, "place": one.place, "why": one.why} for one in warned],
        "remarks": remarks,
    }


def suggested_yaml(document: Document) -> str:
    """Below ``routes:``, each route with the entries to add; why stands beside each."""
    lines = [f"# strangler suggest, {document['generated_at'][:19]}Z"]
    if document["proposals"]:
        lines += [
            "# Add these to the routes of the same names; strangler rejudge tells what would come of it.",
            "routes:",
        ]
    else:
        lines.append(
            "# Nothing to propose: no place where the control disagrees with itself, or that differs in order or rounding alone."
        )
    for route, of_route in groupby(document["proposals"], key=lambda one: one["route"]):
        lines += [f"  - name: {_flow(route)}", "    compare:"]
        for key, entries in groupby(of_route, key=lambda one: one["key"]):
            lines.append(f"      {key}:")
            for one in entries:
                lines += [f"        # {printable(one['why'])}", f"        {_entry(key, one['entry'])}"]
    for one in document["suspicious"]:
        lines += ["", f"# Look at {printable(one['place'])} of {one['route']}, {printable(one['why'])}."]
    for one in document["remarks"]:
        lines += ["", f"# {one['route']}: {printable(one['text'])}."]
    return "\n".join(lines)


def _entry(key: str, entry: dict[str, Any]) -> str:
    if key == "tolerance":
        ((path, apart),) = entry.items()
        return f"{_flow(path)}: {_flow(apart)}"
    if "until" in entry:
        entry = entry | {"until": date.fromisoformat(entry["until"])}
    return f"- {_flow(entry)}"


def _plain(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in entry.items()}


def _flow(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10_000, allow_unicode=True)
    return text.removesuffix("\n...\n").rstrip("\n")


def _remarks(one: Learned, now: float, today: date) -> Iterator[Document]:
    for ending in endings(one.plan.compare, today):
        yield {"route": one.plan.route, "path": ending.path, "text": ending.sentence}
    days = 0.0 if one.since is None else (now - one.since) / 86_400
    if days >= UNUSED_DAYS and one.compared >= UNUSED_PAIRS:
        for rule in unused(one.plan.compare, one.uses):
            text = f"the rule {rule.label} ({rule.sort}) hid nothing in {days:.0f} days and {one.compared:,} pairs: remove it"
            yield {"route": one.plan.route, "path": rule.path, "text": text}


def _key_of(pairs: list[StoredPair]) -> KeyOf:
    return lambda path: key_among(lists_at(path, pairs))
