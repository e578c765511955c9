"""The live path compiled, from the same source: it must pass the same tests. ``make compiled`` runs all of the proxy's."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bench import compiled

ROOT = Path(__file__).parent.parent


def modules() -> list[str]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        settings: dict[str, Any] = tomllib.load(file)
    found: list[str] = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["mypyc"]["include"]
    return found


def its_tests(module: str) -> Path:
    return ROOT / "tests" / Path(module).with_name(f"test_{Path(module).name}")


def test_every_compiled_module_is_there_once() -> None:
    assert sorted(set(modules())) == modules()
    assert [module for module in modules() if not (ROOT / module).is_file()] == []


def test_no_class_outside_inherits_from_a_compiled_one() -> None:
    """The interpreter would refuse to make objects of it."""
    compiled_classes = {
        name for module in modules() for name in re.findall(r"^class (\w+)", (ROOT / module).read_text(), re.MULTILINE)
    }
    for path in (ROOT / "proxy").rglob("*.py"):
        if str(path.relative_to(ROOT)) not in modules():
            for bases in re.findall(r"^class \w+\((.*)\):", path.read_text(), re.MULTILINE):
                assert not compiled_classes & set(re.findall(r"\w+", bases)), path


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tests beside compiled modules, and no source of ours in the way."""
    directory = tmp_path_factory.mktemp("compiled")
    packages = compiled.packages()
    for name in ("proxy", "shadow", "console", "demo", *(path.name for path in packages.glob("*__mypyc.*.so"))):
        there = shutil.copytree if (packages / name).is_dir() else shutil.copy
        there(packages / name, directory / name)
    for name in ("tests", "bench", "docs", "deploy"):
        shutil.copytree(ROOT / name, directory / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", directory)
    return directory


@pytest.mark.heavy
def test_compiled_modules_pass_the_tests_of_their_source(checkout: Path) -> None:
    chosen = os.environ.get("STRANGLER_COMPILED_TESTS", "").split() or [
        str(its_tests(module).relative_to(ROOT)) for module in modules() if its_tests(module).is_file()
    ]
    environment = {**os.environ, "PYTHONPATH": str(checkout), "STRANGLER_COMPILED": "yes"}
    where = "import proxy.passage; print(proxy.passage.__file__)"
    said = subprocess.run(
        [sys.executable, "-c", where], cwd=checkout, env=environment, check=True, capture_output=True, text=True
    )
    assert said.stdout.strip().startswith(str(checkout))
    assert said.stdout.strip().endswith(".so")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *chosen]
    ran = subprocess.run(command, cwd=checkout, env=environment, check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout[-5000:] + ran.stderr[-2000:]
