"""What the files about redaction have in common."""

from __future__ import annotations

from collections.abc import Callable

Hide = Callable[[str], str]
"""Secret in, what stands for it out; equal in, equal out."""
