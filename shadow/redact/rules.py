"""Which rules of a table hold for a pair. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from proxy.model.redact import RedactRules
from shadow.compare.media import media_of
from shadow.model import Answer


def rules_for(rules: RedactRules, answers: Iterable[Answer]) -> RedactRules:
    """A path of the table is one into JSON: where an answer is of another type, its last name is hidden wherever it stands."""
    if not rules.paths or all(media_of(answer.headers).is_json for answer in answers):
        return rules
    return rules.with_last_names()
