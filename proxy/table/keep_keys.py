"""The keys of ``keep``: how long, and how much of, what is recorded is kept."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from proxy.model.keep import Keep
from proxy.table.entry import Entry
from proxy.table.values import AnySize, LongDuration, wrong

LEAST_SIZE = 16 * 1024 * 1024
MOST_SIZE = 3 * 1024**3


class KeepKeys(Entry):
    contents: LongDuration = Keep().contents
    """How long requests and answers are kept, redacted. Default 7d."""
    evidence: LongDuration = Keep().evidence
    """How long all else is kept: counts, differences, examples. Default 90d."""
    size: AnySize = Keep().size
    """What the store may use of the disk, 16MiB to 3GiB: beyond it the oldest requests and answers go before their time. Default 1GiB."""

    @model_validator(mode="after")
    def fits(self) -> Self:
        if self.contents > self.evidence:
            raise wrong(
                "contents are kept longer than the evidence that they belong to",
                "lengthen evidence, or shorten contents",
            )
        if not LEAST_SIZE <= self.size <= MOST_SIZE:
            raise wrong("the size of the store is out of range", "write 16MiB to 3GiB")
        return self
