"""``python -m console.jobs.child``: does one job for the console, and ends with it. Of no use by hand.

A process of its own: judging takes the processor for seconds at a time, and pages are answered meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from console.jobs.asked import Document, Purge, Rejudge, Replay
from console.jobs.files import JobFile
from console.jobs.job import Kind, State, Told, job_of
from console.progress import Bar
from console.purged import purged_document
from console.purged_text import outcome_text, remnants_text, set_aside_text
from console.purging import UNFINISHED, many, purging
from console.rejudging import rejudging
from console.replayed import groups_document, replayed_document
from console.replaying import known_of
from proxy.model.log import rfc3339
from proxy.table.load import load_table
from shadow.again.replay import Target, replay
from shadow.model import Outcome
from shadow.store import SqliteStore, StoreError, open_store
from shadow.store.purge import Step
from shadow.store.read_kept import Wanted

NICE: Final = 10
"""Users' requests, the shadow and the console's pages go first."""

AT_ONCE: Final = 4
MOST_LISTED: Final = 100
"""Of one list in a result; all are counted."""


def main() -> int:
    """Standard input has what ``Jobs`` says of the job in a line, and ends when the console does."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the console ignores it, and so would we
    said = json.loads(_line())
    job = job_of(said["job"])
    if job is None:
        raise ValueError("no job")
    file = JobFile(Path(said["directory"]), job, said["lock"])
    try:
        threading.Thread(target=_end_with_the_console, daemon=True).start()
        os.nice(NICE)
        file.end(State.DONE, result=WORK[job.kind](open_store(said["store"]), said["asked"], file.told))
    except KeyboardInterrupt:
        file.end(State.STOPPED, UNFINISHED if job.kind is Kind.PURGE else "")
        return 1
    except StoreError as error:
        file.end(State.FAILED, str(error))
        return 1
    except Exception:  # noqa: BLE001 - whatever it was, whoever waits for the job is told
        traceback.print_exc()
        file.end(State.FAILED, "a fault of ours; the log has the particulars")
        return 1
    return 0


def _line() -> bytes:
    read = b""
    while not read.endswith(b"\n") and (piece := os.read(0, 1 << 16)):
        read += piece
    return read


def _end_with_the_console() -> None:
    """Without a lock of Python's, which this thread would still hold when the interpreter ends."""
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGINT)


def _replay(store: SqliteStore, given: Document, told: Told) -> Document:
    asked = Replay(**given)
    outcome = Outcome(asked.outcome) if asked.outcome else None
    wanted = Wanted(route=asked.route, since=asked.since, outcome=outcome, limit=asked.limit)
    pairs = store.kept(wanted)
    shown = Bar("replaying", len(pairs), told)
    known = known_of(load_table(asked.table).routes, store.plans())
    target = Target(asked.url, at_once=AT_ONCE)
    replayed = asyncio.run(replay(pairs, target, known, lambda _: shown.done()))
    return groups_document(replayed_document(replayed, target.url, rfc3339(time.time())), most=MOST_LISTED)


def _rejudge(store: SqliteStore, given: Document, told: Told) -> Document:
    asked = Rejudge(**given)
    shown = Bar("rejudging", 0, told)
    found, table = store.summaries(since=asked.since), load_table(asked.table)
    judged = rejudging(
        store, table, found, shown, route=asked.route, since=asked.since, name=asked.name, now=time.time()
    )
    judged["routes"].sort(key=_least_changed)
    return {**_cut(judged), "routes_in_all": len(judged["routes"])}


def _least_changed(route: Document) -> tuple[bool, int]:
    """Routes that would get another verdict come first, then those of which most changes."""
    before, after = (route[side]["readiness"]["verdict"] for side in ("before", "after"))
    return before == after, -route["changed"]


def _purge(store: SqliteStore, given: Document, told: Told) -> Document:
    asked = Purge(**given)
    affected = store.affected(asked.selection, asked.key_mark)
    purged = purging(store, asked.selection, affected, asked.by, Bar(Step.REMOVING, many(affected), told))
    set_aside = store.set_aside()
    lines = list(outcome_text(asked.selection, affected, purged))
    if set_aside:
        lines.append(set_aside_text(set_aside))
    if not purged.complete:
        lines.append(remnants_text(purged, store.path))
    return {**purged_document(asked.selection, affected, purged), "lines": lines}


def _cut(document: Document) -> Document:
    return {name: _shorter(member) for name, member in document.items()}


def _shorter(value: Any) -> Any:
    match value:
        case dict():
            return _cut(value)
        case list():
            return [_shorter(member) for member in value[:MOST_LISTED]]
        case _:
            return value


WORK: Final[dict[Kind, Callable[[SqliteStore, Document, Told], Document]]] = {
    Kind.REPLAY: _replay,
    Kind.REJUDGE: _rejudge,
    Kind.PURGE: _purge,
}

if __name__ == "__main__":
    sys.exit(main())
