"""Which strangler this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed

UNINSTALLED = "0+checkout"
"""What a checkout says that was never installed."""


def version() -> str:
    try:
        return installed("strangler")
    except PackageNotFoundError:
        return UNINSTALLED
