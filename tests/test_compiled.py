"""The live path compiled, from the same source: it must pass the same tests. ``make compiled`` runs all of the proxy's."""

from __future__ import annotations

import ast
import os
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
    names = {module.removesuffix(".py").replace("/", ".") for module in modules()}
    for path in (ROOT / "proxy").rglob("*.py"):
        if str(path.relative_to(ROOT)) not in modules():
            nodes = list(ast.walk(ast.parse(path.read_text())))
            taken = {
                alias.name
                for node in nodes
                if isinstance(node, ast.ImportFrom) and node.module in names
                for alias in node.names
            }
            bases = {ast.unparse(base) for node in nodes if isinstance(node, ast.ClassDef) for base in node.bases}
            assert not taken & bases, path


def test_no_slice_in_a_compiled_module_computes_its_bounds_by_a_call_that_does_something() -> None:
    """Where mypyc does not know the type that is cut, it calls twice (1.18): bytes were written twice."""
    for module in modules():
        for node in ast.walk(ast.parse((ROOT / module).read_text())):
            if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
                calls = {ast.unparse(each.func) for each in ast.walk(node.slice) if isinstance(each, ast.Call)}
                assert calls <= {"len"}, f"{module}:{node.lineno}"


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
    for name in ("pyproject.toml", "routes.yaml"):
        shutil.copy(ROOT / name, directory)
    return directory


@pytest.mark.heavy
@pytest.mark.long
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
