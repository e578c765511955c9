"""How often, and with which dice."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

ROUNDS = int(os.environ.get("STRANGLER_ROUNDS", "8"))
"""Rounds of each fault. ``make faults`` takes 50."""

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.heavy)


@pytest.fixture
def dice() -> random.Random:
    """Seeded anew each time; the seed is shown when a test fails."""
    seed = int(os.environ.get("STRANGLER_SEED", str(random.randrange(10**6))))
    print(f"STRANGLER_SEED={seed}")  # noqa: T201 - pytest shows it beside a failure
    return random.Random(seed)
