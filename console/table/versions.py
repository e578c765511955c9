"""What the journal of table versions says to people: the list, what one version changed, and which one to go back to. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any, Final

from proxy.model.versions import TableVersion, hash_of

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
    """One version with its text, and its difference from the one before it that has a text. Raises NoVersion."""
    version = find_version(versions, number)
    before = next((one for one in reversed(versions) if one.number < number and one.text is not None), None)
    return {
        **version.to_json(),
        "text": version.text,
        "before": before.number if before is not None and version.text is not None else None,
        "diff": None if version.text is None else unified(before, version),
    }


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


def unified(before: TableVersion | None, after: TableVersion) -> str:
    """Both texts as a unified diff; lines end with a newline, whatever they end with in the texts."""
    old = (before.text or "").splitlines() if before is not None else []
    names = (f"version {before.number}" if before is not None else "nothing", f"version {after.number}")
    lines = difflib.unified_diff(old, (after.text or "").splitlines(), *names, lineterm="")
    return "".join(f"{line}\n" for line in lines)


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
