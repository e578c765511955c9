"""What an act is about, told by who does it while it is done: the line after it has it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from console.audit.line import Said, Step, name_or_hash
from console.table.changes import Change, changes_of
from proxy.model.table import Table

MOST_CHANGES: Final = 5


@dataclass(slots=True)
class Record:
    """``of`` names what it is about; ``before`` and ``after`` are hashes, versions and states, ``words`` says what changed, in names alone."""

    of: dict[str, str] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)
    words: str = ""

    def names(self, **given: str) -> None:
        """Of strangers' texts, and of what people type, only a hash is kept."""
        self.of |= {name: name_or_hash(text) for name, text in given.items() if text}

    def changed(self, before: dict[str, str], after: dict[str, str], words: str) -> None:
        self.before |= before
        self.after |= after
        self.words = words

    def ended(self, begun: Said, step: Step, status: int) -> Said:
        """The line after the act that began with ``begun``."""
        return Said(
            step=step,
            act=begun.act,
            by=begun.by,
            via=begun.via,
            what=begun.what,
            right=begun.right,
            of={**begun.of, **self.of},
            before={**begun.before, **self.before},
            after=self.after,
            words=self.words,
            status=status,
        )


def table_words(before: Table | None, after: Table | None) -> str:
    """What another table changes, by the names of routes and backends. Their contents may hold secrets, and are told by hashes."""
    if before is None or after is None:
        return "the table as a whole"
    words = list(dict.fromkeys(map(_words, changes_of(before, after))))
    return _listed(words) or "nothing that counts: comments or order"


def _words(change: Change) -> str:
    if change.kind in {"added", "removed", "renamed", "retired"}:
        return f"{name_or_hash(change.name or '')} {change.kind}"
    return f"{change.kind} of {name_or_hash(change.name)}" if change.name else "settings of the table"


def _listed(words: Iterable[str]) -> str:
    words = list(words)
    more = f", and {len(words) - MOST_CHANGES} more" if len(words) > MOST_CHANGES else ""
    return ", ".join(words[:MOST_CHANGES]) + more
