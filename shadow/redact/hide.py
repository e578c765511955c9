"""What the files about redaction have in common."""

from __future__ import annotations

from collections.abc import Callable

from proxy.model.redact import NO_RULES, RedactRules
from shadow.redact.names import is_secret_header, is_secret_name, is_secret_parameter

StandIn = Callable[[str], str]
"""Secret in, what stands for it out; equal in, equal out."""


class Hide:
    """A stand-in that knows which names are secret: those that always are, and those of ``rules``."""

    __slots__ = ("_stand_in", "rules")

    def __init__(self, stand_in: StandIn, rules: RedactRules = NO_RULES) -> None:
        self._stand_in = stand_in
        self.rules = rules

    def __call__(self, secret: str) -> str:
        return self._stand_in(secret)

    def names(self, name: str) -> bool:
        return is_secret_name(name) or self.rules.names_secret(name)

    def names_parameter(self, name: str) -> bool:
        return is_secret_parameter(name) or self.rules.names_secret(name)

    def names_header(self, name: str) -> bool:
        return is_secret_header(name) or self.rules.names_secret(name)
