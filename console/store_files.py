"""Which files belong to a store: itself, and what is written beside it. Pure but for the working directory."""

from __future__ import annotations

from pathlib import Path

from shadow.store_url import store_path


def absolute_store(url: str) -> str:
    """The same store, wherever the working directory will be. Raises BadStoreUrl."""
    return f"sqlite:///{Path.cwd() / store_path(url)}"


def journal_file(url: str) -> Path:
    """The journal of table versions, beside the store at ``url``. Raises BadStoreUrl."""
    store = store_path(url)
    return store.with_name(f"{store.name}.tables.jsonl")


def audit_file(url: str) -> Path:
    """The audit log, beside the store at ``url``. Raises BadStoreUrl."""
    store = store_path(url)
    return store.with_name(f"{store.name}.audit.jsonl")


def jobs_directory(url: str) -> Path:
    """Where long work on the store at ``url`` tells how far it is, beside it. Raises BadStoreUrl."""
    store = store_path(url)
    return store.with_name(f"{store.name}.jobs")
