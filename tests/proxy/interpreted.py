from __future__ import annotations

import os

import pytest

interpreted = pytest.mark.skipif(
    "STRANGLER_COMPILED" in os.environ, reason="replaces a method, which compiled code does not look up"
)
