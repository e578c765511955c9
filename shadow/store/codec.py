"""Records as JSON text, and back. What is absent in older text gets its default, so that old rows stay readable."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import lru_cache
from typing import Any, Final

from proxy.model.plan import Plan
from shadow.model import Difference, Kind
from shadow.store.records import StoredAnswer, StoredBody, StoredPair, StoredRequest

MOST_PLANS: Final = 1024
"""Plans that are kept decoded: they stay the same from one page to the next, until there is another table."""

Found = dict[str, Any]


def encode_plan(plan: Plan) -> str:
    return json.dumps(plan.to_json(), default=str)


@lru_cache(MOST_PLANS)
def decode_plan(text: str) -> Plan:
    return Plan.from_json(json.loads(text))


def encode_found(pair: StoredPair) -> str:
    """What was found in a pair: it outlives the pair's contents."""
    return json.dumps(
        {
            "error": pair.error,
            "differences": [asdict(difference) for difference in pair.differences],
            "waived": [[asdict(difference), path] for difference, path in pair.waived],
            "noisy": pair.noisy,
        }
    )


def decode_found(text: str) -> Found:
    """As keyword arguments of StoredPair."""
    found = json.loads(text)
    return {
        "error": found.get("error"),
        "differences": tuple(_difference(data) for data in found.get("differences", ())),
        "waived": tuple((_difference(data), path) for data, path in found.get("waived", ())),
        "noisy": tuple(found.get("noisy", ())),
    }


def encode_content(pair: StoredPair) -> str:
    messages = {"request": pair.request, "control": pair.control, "candidate": pair.candidate, "again": pair.again}
    return json.dumps({name: asdict(message) for name, message in messages.items() if message is not None})


def decode_content(text: str) -> Found:
    """As keyword arguments of StoredPair."""
    content = json.loads(text)
    request = content.get("request")
    return {
        "request": StoredRequest(**_with_message(request)) if request else None,
        **{side: _answer(content.get(side)) for side in ("control", "candidate", "again")},
    }


def _difference(data: dict[str, Any]) -> Difference:
    return Difference(data["path"], Kind(data["kind"]), data["control"], data["candidate"], data.get("general"))


def _answer(data: dict[str, Any] | None) -> StoredAnswer | None:
    return StoredAnswer(**_with_message(data)) if data else None


def _with_message(data: dict[str, Any]) -> dict[str, Any]:
    headers = tuple((name, value) for name, value in data["headers"])
    return data | {"headers": headers, "body": StoredBody(**data["body"])}
