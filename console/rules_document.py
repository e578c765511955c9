"""What rules hide, what noise there is and what people decided, as parts of the report. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from proxy.model.log import rfc3339
from shadow.model import RouteSummary, SignatureSummary
from shadow.noise.excess import beyond_own_noise, excess_of
from shadow.rules.endings import SOON_DAYS, sentence
from shadow.rules.hidden import Rule, RuleUse
from shadow.triage import state_of

Document = dict[str, Any]


def rules_documents(summary: RouteSummary, *, now: float) -> Document:
    """The keys ``rules`` and ``noise`` of a route."""
    today = datetime.fromtimestamp(now, UTC).date()
    known = {rule.label: rule for rule in summary.rules}
    others = [Rule(use.rule, "", use.rule) for use in summary.uses if use.rule not in known]
    rules = {**known, **{rule.label: rule for rule in others}}.values()
    return {
        "rules": [_rule(rule, [use for use in summary.uses if use.rule == rule.label], today) for rule in rules],
        "noise": {
            "asked_twice": summary.asked_twice,
            "by_dice": summary.repeated,
            "places": len({place.place for place in summary.noise}),
            "beyond": [
                {
                    "path": place.place,
                    "kind": place.kind,
                    "pairs": excess.pairs,
                    "candidate": excess.candidate,
                    "control": excess.control,
                    "excess": excess.excess,
                    "margin": excess.margin,
                }
                for place in beyond_own_noise(list(summary.noise))
                if (excess := excess_of(place)) is not None
            ],
        },
    }


def triage_document(signature: SignatureSummary) -> Document:
    """How a signature stands, and what was said of it."""
    said = signature.triage
    return {
        "state": state_of(said, signature.last_seen).value,
        "owner": said.owner if said else "",
        "note": said.note if said else "",
        "by": said.by if said else "",
        "at": rfc3339(said.at) if said else None,
    }


def _rule(rule: Rule, uses: list[RuleUse], today: date) -> Document:
    """``hid`` is the number of pairs in which it hid something, of the kind that it hid most often at least."""
    ends = None if rule.until is None else date.fromisoformat(rule.until)
    days = None if ends is None else (ends - today).days
    return {
        "rule": rule.label,
        "sort": rule.sort,
        "path": rule.path,
        "reason": rule.reason,
        "author": rule.author,
        "until": rule.until,
        "ending": None if ends is None or days is None or days > SOON_DAYS else sentence(rule.path, ends, days),
        "hid": max((use.pairs for use in uses), default=0),
        "kinds": [
            {
                "kind": use.kind,
                "pairs": use.pairs,
                "differences": use.n,
                "first_seen": rfc3339(use.first_seen),
                "last_seen": rfc3339(use.last_seen),
                "is_news": use.is_news,
            }
            for use in uses
        ],
    }
