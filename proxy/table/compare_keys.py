"""Which keys `compare` has: how two answers are compared."""

from __future__ import annotations

import re
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from proxy.model.normalise import NORMALISERS
from proxy.table.entry import Entry
from proxy.table.values import (
    Day,
    Digits,
    Duration,
    IgnorePath,
    JsonPath,
    KindWord,
    NormaliserWord,
    Number,
    Pattern,
    Reason,
    Text,
    Token,
    ValuePath,
    wrong,
)


def _as_waiver(value: Any) -> Any:
    return {"path": value} if isinstance(value, str) else value


class WaiverKeys(Entry):
    path: IgnorePath
    """What is not compared, and everything below it: $.served_at, status, header:NAME, or body."""
    reason: Reason | None = None
    """Why the difference is accepted."""
    until: Day | None = None
    """The last day on which it is."""

    author: Reason | None = None
    """Who accepted it."""
    kinds: Annotated[list[KindWord], Field(min_length=1)] | None = None
    """Only differences of these kinds: values_changed, type_changes, ... Default: all."""


class NormaliseKeys(Entry):
    path: ValuePath
    """Which values: a path below $, header:NAME, or body for a text as a whole."""
    as_: NormaliserWord = Field(alias="as")
    """What makes them comparable: timestamp, uuid, number, whitespace, case, url_host, jwt, sorted, regex, empty."""
    within: Duration | None = None
    """timestamp: how far apart two of them may be. Default: any."""
    digits: Digits | None = None
    """number: decimal places that count. Default: all."""
    pattern: Pattern | None = None
    """regex: what is replaced, within a line."""
    replace: Text | None = None
    """regex: by what. Default: nothing."""
    separator: Text | None = None
    """sorted: what parts a text. Default: a comma."""
    reason: Reason | None = None
    """Why these differences do not matter."""

    @model_validator(mode="after")
    def options_belong(self) -> Self:
        """Each normaliser has the options that it needs, and none that say nothing."""
        for option in sorted(set().union(*NORMALISERS.values()) - NORMALISERS[self.as_]):
            if getattr(self, option) is not None:
                owner = next(name for name, options in NORMALISERS.items() if option in options)
                raise wrong(f"{self.as_} takes no {option}", f"remove it, or write as: {owner}")
        if self.as_ == "regex":
            self._check_groups()
        return self

    def _check_groups(self) -> None:
        if self.pattern is None:
            raise wrong("regex needs a pattern", 'add pattern: "build-[0-9]+"')
        groups = re.compile(self.pattern).groups
        if any(int(number) > groups for number in re.findall(r"\\(?:g<)?([0-9]+)", self.replace or "")):
            raise wrong(
                "replace names a group that the pattern does not have", "put ( ) around what it shall take over"
            )


class UnorderedKeys(Entry):
    path: JsonPath
    """A list whose order does not matter."""
    key: Reason | None = None
    """The member that tells which items belong together. Without it the items are compared as a whole."""


class CompareKeys(Entry):
    ignore: list[
        Annotated[WaiverKeys, BeforeValidator(_as_waiver, json_schema_input_type=IgnorePath | WaiverKeys)]
    ] = []
    """Differences that are accepted: a path, or a map with path, reason, author, until and kinds."""
    normalise: list[NormaliseKeys] = []
    """Values that are made comparable before they are compared: times, identifiers, numbers, white space, ..."""
    unordered: list[UnorderedKeys] = []
    """Lists whose order does not matter."""
    tolerance: dict[JsonPath, Number] = {}
    """By path: the distance up to which two numbers count as equal."""
    headers: list[Token] = []
    """Answer headers that are compared, beside the usual ones: content-type, location, cache-control, content-disposition,
    www-authenticate and allow. "*": all but those that are new in every answer."""
