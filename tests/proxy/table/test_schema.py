"""The JSON Schema says of a table what loading says, as far as one value tells."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.table.examples import EXAMPLES
from proxy.table.load import load_table
from proxy.table.mistakes import BadTable
from proxy.table.schema import json_schema
from tests.proxy.table.test_load import WHOLE
from tests.proxy.table.texts import with_routes
from tests.test_docs import ROOT, tables

SCHEMA = json_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def errors(value: Any, schema: dict[str, Any], at: str = "$") -> Iterator[str]:  # noqa: C901, PLR0912 - one keyword a case
    """As much of a validator as our schema needs; a keyword that is not known here fails the test that meets it."""
    for keyword, wanted in schema.items():
        match keyword:
            case "description" | "examples" | "default" | "$schema" | "$id" | "$defs" | "title" | "format":
                pass
            case "$ref":
                yield from errors(value, SCHEMA["$defs"][wanted.removeprefix("#/$defs/")], at)
            case "anyOf":
                if all(list(errors(value, choice, at)) for choice in wanted):
                    yield f"{at}: none of the choices"
            case "enum":
                if value not in wanted:
                    yield f"{at}: not one of {wanted}"
            case "const":
                if value != wanted:
                    yield f"{at}: not {wanted}"
            case "type":
                if not isinstance(value, TYPES[wanted]) or (isinstance(value, bool) and wanted != "boolean"):
                    yield f"{at}: not {wanted}"
            case "pattern":
                if isinstance(value, str) and not re.search(wanted, value):
                    yield f"{at}: {value!r} is not {wanted}"
            case "minimum" | "maximum":
                if isinstance(value, int | float) and (value < wanted if keyword == "minimum" else value > wanted):
                    yield f"{at}: {value} is beyond {wanted}"
            case "minLength" | "minItems" | "minProperties":
                if isinstance(value, str | list | dict) and len(value) < wanted:
                    yield f"{at}: too short"
            case "maxLength":
                if isinstance(value, str) and len(value) > wanted:
                    yield f"{at}: too long"
            case "maxItems" | "maxProperties":
                if isinstance(value, list | dict) and len(value) > wanted:
                    yield f"{at}: too long"
            case "items":
                for index, item in enumerate(value if isinstance(value, list) else ()):
                    yield from errors(item, wanted, f"{at}[{index}]")
            case "required":
                yield from (f"{at}: no {key}" for key in wanted if isinstance(value, dict) and key not in value)
            case "properties" | "additionalProperties":
                yield from _member_errors(value, schema, keyword, at)
            case _:
                pytest.fail(f"the schema uses {keyword}")


def _member_errors(value: Any, schema: dict[str, Any], keyword: str, at: str) -> Iterator[str]:
    known = schema.get("properties", {})
    for key, item in value.items() if isinstance(value, dict) else ():
        if keyword == "properties" and key in known:
            yield from errors(item, known[key], f"{at}.{key}")
        elif keyword == "additionalProperties" and key not in known:
            inner = schema[keyword]
            yield from [f"{at}: unknown key {key}"] if inner is False else errors(item, inner, f"{at}.{key}")


def data(text: str) -> Any:
    """As an editor reads it: dates are text."""
    return json.loads(json.dumps(yaml.safe_load(text), default=str))


def test_good_tables_keep_to_it() -> None:
    demo = (Path(__file__).resolve().parents[3] / "routes.yaml").read_text(encoding="utf-8")
    assert [*errors(data(WHOLE), SCHEMA), *errors(data(demo), SCHEMA)] == []


@pytest.mark.parametrize(
    "line",
    [
        "{ name: a, match: { path: /a }, bakend: legacy }",
        "{ name: a b, match: { path: /a }, backend: legacy }",
        "{ match: { path: /a }, backend: legacy }",
        "{ name: a, match: { paht: /a }, backend: legacy }",
        "{ name: a, match: [{ paht: /a }], backend: legacy }",
        "{ name: a, match: { path: /a, methods: [get] }, backend: legacy }",
        "{ name: a, match: { path: /a, headers: { A: 1 } }, backend: legacy }",
        "{ name: a, match: { path: /a }, split: { legacy: 0.5 } }",
        "{ name: a, match: { path: /a }, split: { legacy: -1 } }",
        "{ name: a, match: { path: /a }, backend: legacy, shadow: {} }",
        "{ name: a, match: { path: /a }, backend: legacy, shadow: { sample: 10 } }",
        "{ name: a, match: { path: /a }, backend: legacy, sticky: 'maybe' }",
        "{ name: a, match: { path: /a }, backend: legacy, timeouts: { connect: 5 } }",
        "{ name: a, match: { path: /a }, backend: legacy, ready: { hours: x } }",
        "{ name: a, match: { path: /a }, backend: legacy, compare: { ignore: [a.b] } }",
    ],
)
def test_what_loading_refuses_by_itself_it_refuses_too(line: str) -> None:
    assert list(errors(data(with_routes(line)), SCHEMA))


def test_every_key_is_described() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    for model in (SCHEMA, *SCHEMA["$defs"].values()):
        for key, schema in model["properties"].items():
            assert schema.get("description"), key
        assert model["additionalProperties"] is False


def test_every_key_has_examples_that_keep_to_it() -> None:
    for name, model in (("Table", SCHEMA), *SCHEMA["$defs"].items()):
        for key, schema in model["properties"].items():
            assert schema["examples"], f"{name}.{key}"
            for example in schema["examples"]:
                assert list(errors(example, schema)) == [], f"{name}.{key}: {example}"


def test_no_example_is_left_over() -> None:
    keys = {
        known
        for name, model in (("Table", SCHEMA), *SCHEMA["$defs"].items())
        for key, schema in model["properties"].items()
        for known in (key, f"{name}.{key}")
        if EXAMPLES.get(known) in schema["examples"]
    }
    assert set(EXAMPLES) - keys == set()


def test_it_is_a_schema_and_every_table_that_we_show_keeps_to_it() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    shown = [text for _, text in tables()]
    files = [path.read_text(encoding="utf-8") for path in ROOT.rglob("routes*.yaml") if ".venv" not in path.parts]
    assert len(shown) >= 6
    assert len(files) >= 2
    for text in (*shown, *files):
        VALIDATOR.validate(data(text))


STRUCTURE = {"unknown-key", "missing-key", "wrong-type"}
LEAVES = st.sampled_from([None, True, 7, -1, 0.5, "", "x", "10%", "5s", [], {}, [{}], {"zzz": 1}, ["x"]])


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container with each of its keys."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield value, key
        yield from places(item)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_changed_table_is_refused_by_both_or_by_neither_as_far_as_its_structure_tells(chosen: st.DataObject) -> None:
    table = data(WHOLE)
    container, key = chosen.draw(st.sampled_from([*places(table)]))
    match chosen.draw(st.sampled_from(["replace", "remove", "add"])):
        case "replace":
            container[key] = chosen.draw(LEAVES)
        case "remove":
            del container[key]
        case _:
            if isinstance(container, dict):
                container["zzz"] = chosen.draw(LEAVES)
    try:
        load_table(yaml.safe_dump(table, default_flow_style=False), environ={})
        codes = set()
    except BadTable as error:
        codes = {mistake.code for mistake in error.mistakes}
    refused = [error.message for error in VALIDATOR.iter_errors(table)]
    if refused:
        assert codes, refused
    if codes & STRUCTURE:
        assert refused, codes


def test_a_variable_may_stand_wherever_a_value_of_the_grammar_is_checked_by_a_pattern() -> None:
    line = "{ name: '${N}', match: { path: /a, methods: ['${M}'] }, split: { legacy: '${W:-1}' }, sticky: '${S}', shadow: { sample: '${P}' } }"
    assert list(errors(data(with_routes(line)), SCHEMA)) == []
