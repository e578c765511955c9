"""What stands in the place of a member that one side does not have."""

from __future__ import annotations

from typing import Final

MISSING: Final = object()
