"""What is kept, and how to ask for it.

store       one SQLite file: plans, sums by the hour, signatures, and pairs worth looking at
epoch       a route under one set of compare rules; evidence of different epochs is never added up
told        the cumulative counts of a source, as it told them last
content     the redacted messages of a pair; removed after 7 days, what was found in them stays longer

``open_store(url)`` gives the handle that the console reads with and the shadow worker writes with.
"""

from __future__ import annotations

from shadow.store.errors import DamagedStore, NewerStore, NoStore, StoreError
from shadow.store.records import Recorded, SignatureSeen, StoredAnswer, StoredBody, StoredPair, StoredRequest
from shadow.store.sqlite import SqliteStore
from shadow.store_url import BadStoreUrl, store_path

__all__ = [
    "BadStoreUrl",
    "DamagedStore",
    "NewerStore",
    "NoStore",
    "Recorded",
    "SignatureSeen",
    "SqliteStore",
    "StoreError",
    "StoredAnswer",
    "StoredBody",
    "StoredPair",
    "StoredRequest",
    "open_store",
]


def open_store(url: str) -> SqliteStore:
    """The store at ``url`` (``sqlite:///relative.db``, ``sqlite:////absolute.db``). Touches nothing yet. Raises BadStoreUrl."""
    return SqliteStore(store_path(url))
