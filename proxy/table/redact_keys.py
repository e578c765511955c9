"""The keys of ``redact``: what is hidden of a route beside what always is."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from proxy.model.redact import NO_RULES, RedactRules
from proxy.table.entry import Entry
from proxy.table.values import JsonPath, Pattern, SecretName

MAX_RULES = 256


class RedactKeys(Entry):
    names: Annotated[list[SecretName], Field(max_length=MAX_RULES)] = []
    """Names whose values are hidden: of headers, parameters, form fields, JSON members, elements and attributes. * stands for any text, and case
    does not matter: "*email*"."""
    paths: Annotated[list[JsonPath], Field(max_length=MAX_RULES)] = []
    """Places in JSON bodies that are hidden with all below them: $.card, $.people[*].born. In bodies of other types the last name of a path is
    hidden wherever it stands."""
    patterns: Annotated[list[Pattern], Field(max_length=MAX_RULES)] = []
    """Regular expressions of what is hidden wherever it stands; of a group named secret, only that."""


def redact_rules(own: RedactKeys | None, defaults: RedactKeys | None) -> RedactRules:
    """A route's rules and those of all: nothing that all hide can be shown by one."""
    if own is None and defaults is None:
        return NO_RULES
    parts = [keys for keys in (own, defaults) if keys is not None]
    return RedactRules(
        tuple(name for keys in parts for name in keys.names),
        tuple(path for keys in parts for path in keys.paths),
        tuple(pattern for keys in parts for pattern in keys.patterns),
    )
