"""What a purge removes, or would, in words. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from proxy.model.log import rfc3339
from proxy.model.printable import printable
from shadow.figures import plural
from shadow.store.affected import Affected
from shadow.store.purge import Purged
from shadow.store.selection import Selection


def would_text(selection: Selection, affected: Affected) -> Iterator[str]:
    """Before anything is done."""
    yield f"Would remove {_what(affected)}." if affected.anything else "Nothing is kept of it."
    yield from _examples(affected, "would lose")
    yield from _notes(selection, affected)


def outcome_text(selection: Selection, affected: Affected, purged: Purged | None) -> Iterator[str]:
    """``purged`` is None if nothing was done, only looked."""
    if purged is None:
        yield from would_text(selection, affected)
        return
    yield f"Removed {_what(affected)}." if affected.anything else "Nothing was kept of it."
    yield from _examples(affected, "lost")
    yield from _notes(selection, affected)
    if purged.complete:
        yield "The file is written anew and its log empty: nothing of it is left there."


def set_aside_text(files: Sequence[PurePath]) -> str:
    return (
        f"Not searched: {plural(len(files), 'damaged store')} set aside earlier, which may hold it too:"
        f" {', '.join(printable(str(file)) for file in files)}. Remove them, with -wal and -shm, once you have no use for them."
    )


def remnants_text(purged: Purged, path: PurePath) -> str:
    """Why bytes of it may still be on disk, and what to do."""
    if not purged.rewritten:
        why = f"the file could not be written anew ({purged.why_not}; it needs its size in free space, beside it and in the temporary folder)"
    else:
        why = "somebody has been reading the store all the time, so its log could not be emptied"
    return (
        f"strangler: it can no longer be read through strangler, but bytes of it may still stand in {path} or its -wal file: {why}."
        " Run the same command again, if need be while `strangler serve` is stopped."
    )


def _what(affected: Affected) -> str:
    parts = []
    if affected.pairs or not affected.sums:
        parts.append(
            f"{plural(len(affected.pairs), 'pair')} ({affected.contents:,} with requests and answers), {_size(affected.size)}"
        )
    if affected.sums:
        parts.append(f"{plural(affected.sums, 'row')} of counts, signatures, places and shapes")
    return ", and ".join(parts)


def _examples(affected: Affected, lose: str) -> Iterator[str]:
    if affected.examples and not affected.sums:
        yield f"{plural(affected.examples, 'signature')} {lose} {'its example' if affected.examples == 1 else 'their examples'}."


def _notes(selection: Selection, affected: Affected) -> Iterator[str]:
    if affected.anything and selection.whole_route is not None:
        yield f"So the evidence of {printable(selection.whole_route)} counts anew."
    elif affected.anything:
        yield "Counts stay, so no verdict changes."
    unknown = affected.unsearchable
    if unknown.earlier_until is not None:
        until = rfc3339(math.floor(unknown.earlier_until) + 1)
        yield (
            f"Not searched: {plural(unknown.earlier, 'pair')} recorded by an older strangler, which did not note whose"
            f" they were; --before {until[:19]}Z removes them."
        )
    if unknown.other_keys:
        yield (
            f"Not searched: {plural(unknown.other_keys, 'pair')} recorded under another key;"
            " --secret names it, --before removes them by their time."
        )
    if unknown.nobodys:
        yield f"Not searched: {plural(unknown.nobodys, 'pair')} of requests that carried no identity."


def _size(count: int) -> str:
    for unit, name in ((1_000_000, "MB"), (1000, "kB")):
        if count >= 10 * unit:
            return f"{count / unit:,.0f} {name}"
    return f"{count:,} bytes"
