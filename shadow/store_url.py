"""Where a store is: ``sqlite:///relative.db`` or ``sqlite:////absolute.db``. Pure."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_SCHEME: Final = "sqlite:///"


class BadStoreUrl(ValueError):
    """Not the address of a store. The message says what to write."""


def store_path(url: str) -> Path:
    """The file that ``url`` names. Raises BadStoreUrl."""
    if not url.startswith(_SCHEME):
        raise BadStoreUrl(
            f"{url!r} is no store that we know: write sqlite:///strangler.db, or sqlite:////var/lib/strangler.db"
        )
    name = url.removeprefix(_SCHEME)
    if not name or name.endswith("/") or "\0" in name or "?" in name:
        raise BadStoreUrl(f"{url!r} names no file: write sqlite:///strangler.db, or sqlite:////var/lib/strangler.db")
    return Path(name)
