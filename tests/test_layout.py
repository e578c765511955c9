"""The shape of the house: who may import whom, how large a file may grow, which words are used, which paths are named."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HOUSES = ("proxy", "shadow", "console", "demo", "bench")
SOURCES = sorted(path for house in HOUSES for path in (ROOT / house).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))

MAY_IMPORT = {
    "proxy/model": ("proxy.model",),
    "proxy": ("proxy",),
    "shadow": ("shadow", "proxy.model"),
    "console": ("console", "shadow", "proxy", "demo.story"),
    "demo": ("demo", "console.author", "console.jobs", "console.progress", "console.store_files"),
    "bench": ("bench", "shadow", "proxy"),
}
"""What a folder may import of ours, longest folder first. Nobody imports tests."""

PURE = (
    "proxy/match.py",
    "proxy/choose.py",
    "proxy/identity.py",
    "proxy/explain.py",
    "proxy/answer_fields.py",
    "proxy/field_table.py",
    "proxy/fields.py",
    "proxy/pattern.py",
    "proxy/repair.py",
    "proxy/routing.py",
    "proxy/target.py",
    "shadow/breaker.py",
    "shadow/compare",
    "shadow/classify.py",
    "shadow/signature.py",
    "shadow/evidence/e_value.py",
    "shadow/gates",
    "shadow/judge.py",
    "shadow/redact",
)
"""Files and folders that must stay pure, beside all that call themselves so: they take values and return values; clock and
dice are arguments."""

IMPURE_MODULES = frozenset(
    {"aiohttp", "asyncio", "os", "random", "select", "socket", "subprocess", "threading", "time"}
)

MAX_FILE = 400
MAX_FUNCTION = 60
LARGE: dict[str, str] = {}
"""Files and functions (``path`` or ``path:function``) over the budget, each with its reason. May only shrink."""

BANNED = {
    "upstream": "backend",
    "downstream": "client or backend",
    "mirror": "shadow",
    "mirrored": "shadowed",
    "blacklist": "refused",
    "whitelist": "allowed",
    "ruleset": "table",
}
"""Words of other houses -> ours."""

MAY_NAME_OTHERS = {
    "README.md": "compares us with proxies that mirror",
    "docs/decisions": "discusses other proxies in their own words",
    "bench/peers": "writes the configuration of other proxies",
    "tests/test_layout.py": "lists the words",
}
"""Where a banned word may stand, and why."""


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every imported module, ``from a import b`` as ``a.b`` too when that is a module of ours."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{relative(path)}:{node.lineno}: imports are written in full"
            module = node.module or ""
            for name in node.names:
                inner = ROOT / module.replace(".", "/") / name.name
                yield (
                    node.lineno,
                    f"{module}.{name.name}" if inner.exists() or inner.with_suffix(".py").exists() else module,
                )


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_imports_go_in_the_allowed_direction(path: Path) -> None:
    folder = max((folder for folder in MAY_IMPORT if within(relative(path), folder)), key=len)
    for line, module in imports(path):
        if module.partition(".")[0] in {*HOUSES, "tests"}:
            allowed = any(module == name or module.startswith(f"{name}.") for name in MAY_IMPORT[folder])
            assert allowed, f"{relative(path)}:{line}: {folder} must not import {module}"


@pytest.mark.parametrize("path", sorted((ROOT / "proxy" / "model").rglob("*.py")), ids=relative)
def test_the_shared_nouns_need_only_the_standard_library(path: Path) -> None:
    foreign = {
        module
        for _, module in imports(path)
        if module.partition(".")[0] not in sys.stdlib_module_names and not module.startswith("proxy.model")
    }
    assert not foreign


def declared_pure() -> list[str]:
    """Files whose docstring says ``Pure.`` or ``Pure;`` of them."""
    documents = {path: ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "" for path in SOURCES}
    return [relative(path) for path, text in documents.items() if re.search(r"\bPure[.;:,]", text)]


@pytest.mark.parametrize("name", sorted({*PURE, *declared_pure()}))
def test_what_decides_does_no_io(name: str) -> None:
    path = ROOT / name
    assert path.exists(), f"{name} is gone: take it off the list, or put the new place on it"
    for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
        impure = {module for _, module in imports(file) if module.partition(".")[0] in IMPURE_MODULES}
        assert not impure, f"{relative(file)} decides, and must not import {impure}"


def oversized() -> dict[str, int]:
    """What is over the budget: ``path`` or ``path:function`` -> lines."""
    found = {}
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        if (lines := text.count("\n")) > MAX_FILE:
            found[relative(path)] = lines
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > MAX_FUNCTION:
                    found[f"{relative(path)}:{node.name}"] = lines
    return found


def test_files_and_functions_keep_their_size_budget() -> None:
    over = {name: lines for name, lines in oversized().items() if name not in LARGE}
    assert not over, f"over {MAX_FILE} lines a file or {MAX_FUNCTION} a function: {over}"


def test_exemptions_from_the_size_budget_are_still_needed() -> None:
    assert set(LARGE) <= set(oversized()), "take these off the list; it may only shrink"


def texts() -> list[Path]:
    """Everything that people read."""
    found = [*SOURCES, *TESTS, *ROOT.glob("*.md"), ROOT / "routes.yaml"]
    for folder in ("docs", "deploy"):
        found += [
            path
            for path in (ROOT / folder).rglob("*")
            if path.suffix in {".md", ".yaml", ".yml", ".service", ".socket"}
        ]
    return found


@pytest.mark.parametrize("path", texts(), ids=relative)
def test_one_word_stands_for_one_thing(path: Path) -> None:
    if any(within(relative(path), exempt) for exempt in MAY_NAME_OTHERS):
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        for word in re.findall(r"[a-z]+", line.lower()):
            assert word not in BANNED, f"{relative(path)}:{number}: say {BANNED[word]!r}, not {word!r}"


def test_the_architecture_page_is_short_and_names_only_what_exists() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert text.count("\n") <= 150
    named = re.findall(
        r"`((?:proxy|shadow|console|tests|bench|demo|deploy|docs|\.ci)/[\w./-]*|[\w-]+\.(?:md|yaml|toml))`", text
    )
    assert len(named) > 30
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_house_is_explained_by_its_first_docstring() -> None:
    for house in HOUSES:
        tree = ast.parse((ROOT / house / "__init__.py").read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), f"{house}/__init__.py says what the words of this folder mean"
