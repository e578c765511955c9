"""The documentation is true: links lead somewhere, route tables load, commands and options exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

from console.main import main
from proxy.table.load import load_table

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(page: Path, *languages: str) -> Iterator[str]:
    """The contents of fenced blocks in one of ``languages``, indentation of lists removed."""
    found = re.findall(r"^( *)```(\w*)\n(.*?)^ *```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    for indent, language, text in found:
        if language in languages:
            yield "\n".join(line.removeprefix(indent) for line in text.splitlines())


def anchors(page: Path) -> set[str]:
    """What a link may point at behind ``#``: headings as GitHub spells them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_to_something_that_exists(page: Path) -> None:
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"https?://|mailto:", target):
            continue
        file, _, anchor = target.partition("#")
        there = (page.parent / file).resolve() if file else page
        assert there.exists(), f"{name(page)}: {target} leads nowhere"
        if anchor:
            assert anchor in anchors(there), f"{name(page)}: {target}: no such heading"


def tables() -> list[tuple[str, str]]:
    return [
        (f"{name(page)}[{number}]", block)
        for page in PAGES
        for number, block in enumerate(blocks(page, "yaml", "yml"))
        if re.match(r"(#.*\n)*version: 1\b", block)
    ]


@pytest.mark.parametrize("text", [text for _, text in tables()], ids=[where for where, _ in tables()])
def test_every_whole_route_table_in_the_documentation_loads(text: str) -> None:
    assert load_table(text).legacy.is_legacy


def test_the_guide_shows_route_tables() -> None:
    assert len(tables()) >= 6


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_yaml_block_is_yaml(page: Path) -> None:
    for block in blocks(page, "yaml", "yml"):
        assert list(yaml.safe_load_all(block)), block


def invocations() -> list[tuple[str, list[str]]]:
    """Every ``strangler COMMAND ...`` line in a shell block."""
    found = []
    for page in PAGES:
        for block in blocks(page, "sh", "console", "shell"):
            for line in block.replace("\\\n", " ").splitlines():
                words = shlex.split(line.removeprefix("$ "), comments=True)
                if words and words[0].rpartition("/")[2] == "strangler":
                    found.append((f"{name(page)}: {line.strip()}", words[1:]))
    return found


@pytest.mark.parametrize("words", [words for _, words in invocations()], ids=[where for where, _ in invocations()])
def test_every_command_line_in_the_documentation_is_one_that_we_have(words: list[str]) -> None:
    assert isinstance(main, click.Group)
    context = click.Context(main)
    command = main.get_command(context, words[0])
    assert command is not None, f"no command {words[0]}"
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    used = {word.partition("=")[0] for word in words[1:] if word.startswith("-")}
    assert used <= known | {"--help"}


def test_the_read_me_has_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"(?:^|`)make (\w+)", text, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"no target {target}"
    assert "make demo" in text
    assert "make test" in text
