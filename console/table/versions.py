"""What the journal of table versions says to people: the list, what one version changed, and which one to go back to. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from console.table.changes import Change, changes_of
from console.table.diff import unified
from proxy.model.table import Table
from proxy.model.versions import TableVersion, hash_of
from proxy.table.unfilled import named, unfilled_table

Document = dict[str, Any]

MOST_WORDS: Final = 100
"""Characters of the line that stands for a change."""


class NoVersion(Exception):
    """There is no such version, or not any more; the message says which there are."""


def history_document(versions: Sequence[TableVersion], limit: int | None = None) -> Document:
    """Newest first; ``limit`` of them at most."""
    pairs = list(zip([None, *versions], versions, strict=False))
    shown = pairs[::-1][:limit]
    return {
        "count": len(versions),
        "versions": [{**version.to_json(), "change": change_words(before, version)} for before, version in shown],
    }


def version_document(versions: Sequence[TableVersion], number: int) -> Document:
    """One version with its text, and what it changed in the one before it that has a text: in words, and as a unified diff.
    Raises NoVersion."""
    version = find_version(versions, number)
    before = before_of(versions, version)
    return {
        **version.to_json(),
        "change": change_words(before, version),
        "text": version.text,
        "before": before.number if before is not None and version.text is not None else None,
        "changes": words_document(changes_between(before, version)),
        "diff": None if version.text is None else diff_of(before, version),
    }


def words_document(changes: Sequence[Change] | None) -> list[Document] | None:
    return None if changes is None else [{"kind": one.kind, "name": one.name, "text": one.text} for one in changes]


def before_of(versions: Sequence[TableVersion], version: TableVersion) -> TableVersion | None:
    """The newest one before it that has a text."""
    return next((one for one in reversed(versions) if one.number < version.number and one.text is not None), None)


def changes_between(before: TableVersion | None, after: TableVersion) -> tuple[Change, ...] | None:
    """What changed, with the names of variables in the place of their values; None where a text is gone, or cannot be read like this."""
    if before is None or before.text is None or after.text is None:
        return None
    old, new = (unfilled_table(one.text, {}, any_name=True) for one in (before, after) if one.text is not None)
    return None if old is None or new is None else named_changes(old, new)


def named_changes(old: Table, new: Table) -> tuple[Change, ...]:
    """Of two tables that were read without their variables."""
    return tuple(
        Change(one.kind, None if one.name is None else named(one.name), named(one.text)) for one in changes_of(old, new)
    )


def find_version(versions: Sequence[TableVersion], number: int) -> TableVersion:
    """Raises NoVersion."""
    for version in versions:
        if version.number == number:
            return version
    known = f"there are {versions[0].number} to {versions[-1].number}" if versions else "none is recorded yet"
    raise NoVersion(f"there is no version {number}: {known}")


def text_of(version: TableVersion) -> str:
    """Raises NoVersion."""
    if version.text is None:
        why = "it had no file" if version.source.startswith("--legacy") else "its text is so old that it was dropped"
        raise NoVersion(f"the text of version {version.number} is not there: {why}")
    return version.text


def version_to_restore(versions: Sequence[TableVersion], number: int | None, text: str) -> TableVersion:
    """Number ``number``; for None the newest that says something else than the file, which holds ``text``. Raises NoVersion."""
    if number is not None:
        return find_version(versions, number)
    now = hash_of(text)
    for version in reversed(versions):
        if version.hash != now and version.text is not None:
            return version
    raise NoVersion("there is no version before this one")


def still_at(versions: Sequence[TableVersion], number: int, text: str) -> None:
    """Whether version ``number`` is the newest one, and the file holds its text. Raises NoVersion, with who was quicker."""
    version, newest = find_version(versions, number), versions[-1]
    if newest.number != number:
        why = f": {newest.reason}" if newest.reason else ""
        raise NoVersion(f"the table is at version {newest.number}, not {number}, by {newest.by}{why}")
    if version.hash != hash_of(text):
        raise NoVersion(f"the file says something else than version {number}: somebody edits it")


def diff_of(before: TableVersion | None, after: TableVersion) -> str:
    """Both texts as a unified diff; empty if only line ends differ."""
    name = f"version {before.number}" if before is not None else "nothing"
    return unified((before.text or "") if before is not None else "", after.text or "", name, f"version {after.number}")


def change_words(before: TableVersion | None, after: TableVersion) -> str:
    """The first line that changed, and how many more did."""
    if after.text is None:
        return after.source if after.source.startswith("--legacy") else ""
    if before is None or before.text is None:
        return f"{len(after.text.splitlines())} lines"
    old, new = before.text.splitlines(), after.text.splitlines()
    first = next((i for i, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), None)
    first = min(len(old), len(new)) if first is None else first
    same = 0
    while same < min(len(old), len(new)) - first and old[-1 - same] == new[-1 - same]:
        same += 1
    gone, come = old[first : len(old) - same], new[first : len(new) - same]
    if not gone and not come:
        return "line ends"
    line = next((line.strip() for line in come if line.strip()), None)
    words = line if line is not None else f"without: {next((line.strip() for line in gone if line.strip()), '')}"
    more = max(len(gone), len(come)) - 1
    return f"{words[:MOST_WORDS]}{f' (and {more} more)' if more else ''}"
