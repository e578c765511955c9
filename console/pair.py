"""One recorded pair as a document. Pure; everything in the store is redacted already."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from console.curl import curl_line
from proxy.model.log import rfc3339
from shadow.model import Difference
from shadow.store import StoredAnswer, StoredPair, StoredRequest
from shadow.structure import NOTE

Document = dict[str, Any]


def pair_document(pair: StoredPair, base: str) -> Document:
    """``base`` is where the curl line sends the request. Messages are null once their retention time is over."""
    return {
        "id": pair.id,
        "request_id": pair.request_id,
        "route": pair.route,
        "rules": pair.rules,
        "table_version": pair.table_version,
        "at": rfc3339(pair.at),
        "outcome": pair.outcome.value,
        "method": pair.method,
        "target": pair.target,
        "primary": pair.primary,
        "shadow": pair.shadow,
        "error": pair.error,
        "differences": [difference_document(difference) for difference in pair.differences],
        "waived": [{**difference_document(difference), "waiver": waiver} for difference, waiver in pair.waived],
        "noisy": list(pair.noisy),
        "request": _message(pair.request),
        "control": _message(pair.control),
        "candidate": _message(pair.candidate),
        "again": _message(pair.again),
        "curl": curl_line(pair.request, base) if pair.request and pair.request.body.note != NOTE else None,
    }


def difference_document(difference: Difference) -> Document:
    return {
        "path": difference.path,
        "kind": difference.kind.value,
        "control": difference.control,
        "candidate": difference.candidate,
    }


def _message(message: StoredRequest | StoredAnswer | None) -> Document | None:
    """Times are seconds, sizes bytes."""
    if message is None:
        return None
    return {**asdict(message), "headers": [list(field) for field in message.headers]}
