"""A filled store, and the command line called as a user calls it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from console.main import main
from tests.console.scene import TABLE, fill_store

Strangler = Callable[..., Result]
"""``strangler("check", "routes.yaml", input=...)``."""


@pytest.fixture(scope="session")
def filled_store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a store with evidence. Read only."""
    return fill_store(tmp_path_factory.mktemp("store") / "strangler.db")


@pytest.fixture
def strangler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Strangler:
    """Calls a command in an empty working directory, without anything of ours in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("STRANGLER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "80")

    def call(*words: str, **options: object) -> Result:
        return CliRunner().invoke(main, list(words), prog_name="strangler", **options)  # type: ignore[arg-type]  # as CliRunner takes them

    return call


@pytest.fixture
def routes_file(tmp_path: Path) -> Path:
    """routes.yaml in the working directory of ``strangler``."""
    path = tmp_path / "routes.yaml"
    path.write_text(TABLE)
    return path
