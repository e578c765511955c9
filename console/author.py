"""Who runs this command: kept beside what people decide."""

from __future__ import annotations

import getpass


def me() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may have no name for its user
        return "unknown"
