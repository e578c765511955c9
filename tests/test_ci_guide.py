"""The pipelines of docs/guide/ci.md are such as the two hosts accept, and call us with words that we understand."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import click
import jsonschema
import pytest
import yaml

from console.main import main
from tests.test_docs import ROOT, blocks

PAGE = ROOT / "docs" / "guide" / "ci.md"
PIPELINES = [yaml.load(block, yaml.BaseLoader) for block in blocks(PAGE, "yaml")]  # noqa: S506 - BaseLoader makes strings only


def schema_of(pipeline: dict[str, Any]) -> str:
    return "github-workflows" if "jobs" in pipeline else "gitlab-ci"


@pytest.mark.parametrize("text", list(blocks(PAGE, "yaml")), ids=lambda text: text.split("\n")[0])
def test_a_pipeline_is_one_by_the_hosts_own_schema(text: str) -> None:
    # `on:` is true for YAML 1.1, and the hosts read 1.2.
    pipeline = yaml.safe_load(re.sub("^on:", '"on":', text, flags=re.MULTILINE))
    vendor = files("check_jsonschema.builtin_schemas") / "vendor" / f"{schema_of(pipeline)}.json"
    schema = json.loads(vendor.read_text(encoding="utf-8"))
    jsonschema.validators.validator_for(schema)(schema).validate(pipeline)


def scripts(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for key, value in part.items():
            if key in {"run", "script"}:
                yield from [value] if isinstance(value, str) else value
            else:
                yield from scripts(value)
    elif isinstance(part, list):
        for one in part:
            yield from scripts(one)


def command_lines() -> list[list[str]]:
    texts = [*scripts(PIPELINES), *blocks(PAGE, "sh")]
    lines = [line for text in texts for line in text.replace("\\\n", " ").splitlines()]
    words = [shlex.split(re.split(r">>|\|\|", line)[0], comments=True) for line in lines]
    return [one for one in words if one and one[0] == "strangler"]


@pytest.mark.parametrize("words", command_lines(), ids=" ".join)
def test_a_command_line_is_one_that_our_own_parser_takes(words: list[str]) -> None:
    assert isinstance(main, click.Group)
    name, command, rest = main.resolve_command(click.Context(main), words[1:])
    assert command is not None
    command.make_context(name, rest)


def test_both_hosts_have_all_three_jobs() -> None:
    assert [schema_of(pipeline) for pipeline in PIPELINES] == ["github-workflows", "github-workflows", "gitlab-ci"]
    told = [words[1:3] for words in command_lines()]
    assert [one[0] for one in told].count("check") == 2
    assert [one[0] for one in told].count("replay") >= 3
    assert [one[0] for one in told].count("report") >= 5
