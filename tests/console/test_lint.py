"""Every code of ``strangler check`` has an example that earns it, and nothing earns a code that is not in the table."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from console.exits import Exit
from console.lint import LINTS
from proxy.table.mistakes import ERROR
from tests.console.conftest import Strangler

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("code", LINTS)
def test_the_example_of_a_code_earns_it_and_no_other(strangler: Strangler, code: str) -> None:
    result = strangler("check", "-", "--format", "json", input=LINTS[code].example)
    document = json.loads(result.stdout)
    found = [*document["mistakes"], *document["warnings"]]
    assert {(one["code"], one["severity"]) for one in found} == {(code, LINTS[code].severity)}
    assert result.exit_code == (Exit.FINDINGS if LINTS[code].severity == ERROR else Exit.FINE)


def test_no_place_gives_a_code_that_is_not_explained() -> None:
    sources = [*(ROOT / "proxy/table").glob("*.py"), ROOT / "console/commands/check.py"]
    given = {code for path in sources for code in re.findall(r"code=\"([^\"]+)\"", path.read_text(encoding="utf-8"))}
    assert len(given) > 15
    assert given <= set(LINTS)


def test_a_code_is_explained_in_the_terminal(strangler: Strangler) -> None:
    told = strangler("check", "--explain", "tie")
    assert told.exit_code == Exit.FINE
    assert told.stdout.startswith("tie (error)\n\nTwo routes can claim")
    assert "priority: 1" in told.stdout
    unknown = strangler("check", "--explain", "unknown-keys")
    assert unknown.exit_code == Exit.USAGE
    assert 'did you mean "unknown-key"?' in unknown.stderr


@pytest.mark.parametrize("code", LINTS)
def test_what_explains_a_code_fits_the_terminal_and_is_whole(strangler: Strangler, code: str) -> None:
    text = strangler("check", "--explain", code).stdout
    sentences = text.split("For example:")[0]
    assert max(map(len, sentences.splitlines())) <= 80
    assert "What to do: " in text


def test_a_warning_is_no_mistake_unless_somebody_says_so(strangler: Strangler) -> None:
    table = LINTS["odd-weights"].example
    fine = strangler("check", "-", input=table)
    assert fine.exit_code == Exit.FINE
    assert "standard input:6:" in fine.stdout
    assert ": warning: these weights add up to 115, not 100" in fine.stdout
    assert fine.stdout.endswith("no mistakes, 1 warning\n")
    strict = strangler("check", "-", "--strict", input=table)
    assert (strict.exit_code, "1 warning;" in strict.stderr) == (Exit.FINDINGS, True)
    document = json.loads(strangler("check", "-", "--strict", "--format", "json", input=table).stdout)
    assert (document["ok"], document["mistakes"], len(document["warnings"])) == (False, [], 1)


@pytest.mark.parametrize(
    "split", ["{ orders: 5, legacy: 95 }", "{ orders: 1, legacy: 9 }", "{ orders: 0, legacy: 20 }", "{ legacy: 1 }"]
)
def test_weights_that_are_meant_are_not_warned_of(strangler: Strangler, split: str) -> None:
    table = LINTS["odd-weights"].example.replace("{ orders: 20, legacy: 95 }", split)
    assert "odd-weights" not in strangler("check", "-", input=table).stdout


def test_routes_of_one_group_are_no_split_journey(strangler: Strangler) -> None:
    table = re.sub("split: {.*?}", "group: ordering", LINTS["split-journey"].example)
    table = table.replace("routes:", "groups: { ordering: { split: { orders: 5, legacy: 95 } } }\nroutes:")
    assert strangler("check", "-", input=table).stdout.endswith("no mistakes\n")


def test_names_that_come_from_variables_have_their_place(strangler: Strangler) -> None:
    table = LINTS["waiver-ends"].example.replace("name: order-read", 'name: "${NAME}"')
    assert "[waiver-ends]" in strangler("check", "-", input=table, env={"NAME": "reading"}).stdout
