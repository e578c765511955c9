"""Removes what is recorded of a person, a route or old times, for whoever asks, and tells how far it is."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from typing import Final

from console.progress import Bar
from proxy.identity import COOKIE_NAME, IdentityCookie
from proxy.model.log import rfc3339
from proxy.model.message import RequestHead
from shadow.figures import plural
from shadow.model import Mark
from shadow.redact import Redactor
from shadow.store import SqliteStore
from shadow.store.affected import Affected
from shadow.store.purge import Hands, Purged
from shadow.store.selection import Selection

UNFINISHED: Final = "Not all is removed, and bytes of what is may still be on disk: purge the same again."


def hashed(identities: Iterable[str], key: bytes) -> tuple[tuple[str, ...], str]:
    """Identities as the store has them, hashed with the installation's ``key``, and the mark of that key."""
    redactor = Redactor(key)
    return tuple(redactor.identity(_as_recorded(one, key)) for one in identities), redactor.key_mark


def about_of(selection: Selection) -> str:
    """In words. Whose pairs they are is not told: that is what goes."""
    return "what is recorded " + " and ".join(_parts(selection))


def many(affected: Affected) -> int:
    """How many rows go."""
    return len(affected.pairs) + affected.sums


def purging(store: SqliteStore, selection: Selection, affected: Affected, by: str, shown: Bar) -> Purged:
    """Raises StoreError; what was removed until then stays removed."""
    hands = Hands(time.monotonic, time.sleep, lambda step, rows: shown.done(rows, step))
    mark = Mark(time.time(), by, "what was recorded before was purged")
    return store.purge(selection, affected, mark, hands)


def _parts(selection: Selection) -> Iterable[str]:
    if selection.identities:
        yield f"of {plural(len(selection.identities), 'user')}"
    if selection.route is not None:
        yield f"of {selection.route}"
    if selection.pair is not None:
        yield f"of {selection.pair}"
    if selection.before is not None:
        yield f"before {rfc3339(selection.before)}"


def _as_recorded(identity: str, key: bytes) -> str:
    """As the proxy tells it: of our own cookie, the token alone."""
    value = os.fsencode(identity)
    head = RequestHead.from_headers(b"GET", b"/", [(b"Cookie", COOKIE_NAME + b"=" + value)])
    return (IdentityCookie(key).read(head) or value).decode("utf-8", "backslashreplace")
