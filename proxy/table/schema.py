"""The grammar as JSON Schema, for editors: completion, documentation and red underlines while one types."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from typing import Any, Final

from proxy.table.entry import Entry
from proxy.table.examples import EXAMPLES
from proxy.table.grammar import TableKeys
from proxy.table.scalars import VARIABLE_PATTERN

SCHEMA_ID: Final = "urn:strangler:routes:1"
"""Names the grammar's version; nothing is fetched from anywhere."""

_VARIABLE: Final = {"type": "string", "pattern": VARIABLE_PATTERN}


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of routes.yaml. What takes two values to see is left to ``strangler check``."""
    generated = TableKeys.model_json_schema()
    _describe(generated)
    generated["$defs"] = {_called(name): model for name, model in generated["$defs"].items()}
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        **_tidied(generated),
        "title": "strangler route table",
        "description": "routes.yaml: which requests go where, in which shares, and how answers are compared.",
    }
    description = schema["properties"]["version"]["description"]
    schema["properties"]["version"] = {"description": description, "anyOf": [{"const": 1}, _VARIABLE]}
    for name, model in {"Table": schema, **schema["$defs"]}.items():
        for key, value in model["properties"].items():
            value["examples"] = _examples(name, key, value)
    return schema


def _describe(generated: dict[str, Any]) -> None:
    """Each key by the docstring below it. Pydantic could do so (``use_attribute_docstrings``), but then each process that loads a table
    would read the source of the grammar, for a third of the time that the grammar takes."""
    written = {TableKeys.__name__: generated, **generated["$defs"]}
    for kind in _kinds(Entry):
        for name, description in _docstrings(kind):
            key = kind.model_fields[name].alias or name
            for heir in (kind, *_kinds(kind)):
                if heir.__name__ in written:
                    written[heir.__name__]["properties"][key]["description"] = description


def _kinds(base: type[Entry]) -> Iterator[type[Entry]]:
    """Those who have a base come after it."""
    for kind in base.__subclasses__():
        yield kind
        yield from _kinds(kind)


def _docstrings(kind: type[Entry]) -> Iterator[tuple[str, str]]:
    (found,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(found, ast.ClassDef)
    for key, below in zip(found.body, found.body[1:], strict=False):
        if isinstance(key, ast.AnnAssign) and isinstance(key.target, ast.Name) and isinstance(below, ast.Expr):
            yield key.target.id, inspect.cleandoc(ast.literal_eval(below.value))


def _examples(name: str, key: str, value: dict[str, Any]) -> list[Any]:
    """What may stand there, to be shown beside the description: of our own, or what the type tells."""
    for known in (f"{name}.{key}", key):
        if known in EXAMPLES and not (known == key and _told(value)):
            return [EXAMPLES[known]]
    return _told(value)


def _told(value: dict[str, Any]) -> list[Any]:
    if value.get("type") == "boolean":
        return [True, False]
    found = value.get("examples") or value.get("enum") or []
    return list(found) or next((told for one in value.get("anyOf", ()) if (told := _told(one))), [])


def _called(name: str) -> str:
    return name.removesuffix("Keys")


def _tidied(value: Any) -> Any:
    """Without titles that only repeat a key, and with names without ``Keys``."""
    if isinstance(value, list):
        return [_tidied(item) for item in value]
    if not isinstance(value, dict):
        return value
    tidied = {}
    for key, item in value.items():
        if key == "title" and isinstance(item, str):
            continue
        if key == "default" and not isinstance(item, bool):
            continue  # in our units, not as it is written; the description tells it
        if key == "$ref":
            tidied[key] = _called(item)
        else:
            tidied[key] = _tidied(item)
    return tidied
