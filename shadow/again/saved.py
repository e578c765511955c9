"""Pairs in a file, one JSON document a line, as ``strangler replay --save`` writes them for a CI that has no store. Redacted, like
all that is kept."""

from __future__ import annotations

import json
from typing import Any, Final

from shadow.model import Outcome
from shadow.store.codec import decode_content, decode_found, encode_content, encode_found
from shadow.store.records import StoredPair

_PLAIN: Final = ("id", "request_id", "route", "rules", "table_version", "at", "method", "target", "primary", "shadow")


class BadLine(ValueError):
    """Not a saved pair; the message says why."""


def to_line(pair: StoredPair) -> str:
    fields: dict[str, Any] = {name: getattr(pair, name) for name in _PLAIN}
    found, content = json.loads(encode_found(pair)), json.loads(encode_content(pair))
    return json.dumps({**fields, "outcome": pair.outcome.value, "found": found, "content": content})


def from_line(line: str) -> StoredPair:
    """Raises BadLine."""
    try:
        document = json.loads(line)
        fields = {name: document[name] for name in _PLAIN}
        found, content = decode_found(json.dumps(document["found"])), decode_content(json.dumps(document["content"]))
        return StoredPair(**fields, outcome=Outcome(document["outcome"]), **found, **content)
    except (ValueError, KeyError, TypeError) as error:
        raise BadLine(
            f"not a pair that `strangler replay --save` has written: {type(error).__name__} {error}"
        ) from error
