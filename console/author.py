"""Who runs this command: kept beside what people decide."""

from __future__ import annotations

import getpass
import os
import pwd


def me() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may have no name for its user
        return "unknown"


def account() -> str:
    """Whose process this is, whatever its environment says: for the audit log."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
