"""What can be wrong with a store. Each message says what to do."""

from __future__ import annotations


class StoreError(Exception):
    """The store cannot be used."""


class NoStore(StoreError):
    """Nothing has been recorded there yet."""


class DamagedStore(StoreError):
    """What is in the file makes no sense any more."""


class NewerStore(StoreError):
    """A newer strangler wrote it; reading it as if it were ours could destroy it."""
