"""The grammar's errors in our words: what stands there, what is wanted, and what was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from proxy.table.document import Document
from proxy.table.grammar import TableKeys
from proxy.table.mistakes import BAD_VALUE, did_you_mean, quoted
from proxy.table.words import called

Location = tuple[str | int, ...]

_KEY = "[key]"
"""How pydantic says that it means a key, not its value."""

_EXAMPLES = {
    "version": "version: 1",
    "backends": "backends: { legacy: { url: http://127.0.0.1:8000 } }",
    "name": "name: order-read",
    "match": 'match: { path: "/orders/**" }',
    "split": "split: { orders: 5, legacy: 95 }",
    "sample": "sample: 10%",
    "path": 'path: "$.items"',
    "as": "as: timestamp",
}


_CODES = {
    "missing": "missing-key",
    "extra_forbidden": "unknown-key",
    **dict.fromkeys(
        ("string_type", "bool_type", "list_type", "model_type", "dict_type", "strangler_text"), "wrong-type"
    ),
}
"""By pydantic's type of error."""


def locations_of(error: ValidationError) -> list[Location]:
    """Where the errors of the grammar are."""
    return [_location(details) for details in error.errors(include_url=False)]


def _location(details: ErrorDetails) -> Location:
    location = details["loc"]
    return location[:-1] if location[-1:] == (_KEY,) else location


def place_errors(error: ValidationError, document: Document) -> list[Location]:
    """Put every error of the grammar into the document's mistakes; their locations."""
    locations: list[Location] = []
    for details in error.errors(include_url=False):
        location = _location(details)
        key = location != details["loc"]
        locations.append(location)
        if details["type"] == "missing" and not document.whole:
            continue  # it may stand behind the place up to which the file could be read
        message, help_ = _worded(details, location, document)
        code = _code(details["type"], location)
        document.mistake(location, message, help_, key=key or details["type"] == "extra_forbidden", code=code)
    return locations


def _code(kind: str, location: Location) -> str:
    if location[-2:] == ("shadow", "unsafe"):
        return "unsafe-without-reason"
    return _CODES.get(kind, BAD_VALUE)


def _worded(details: ErrorDetails, location: Location, document: Document) -> tuple[str, str | None]:
    kind, value = details["type"], details["input"]
    name = str(location[-1]) if location else "table"
    match kind:
        case "strangler":
            return details["ctx"]["message"], details["ctx"]["help"]
        case "missing":
            return f'the key "{name}" is missing', f"add {_EXAMPLES[name]}" if name in _EXAMPLES else None
        case "extra_forbidden":
            known = _keys_at(location[:-1])
            return f"unknown key {quoted(name)}", did_you_mean(name, known) or f"known here: {', '.join(known)}"
        case "literal_error":
            return f"{quoted(value)} is not a version of this grammar", "write version: 1"
        case "string_type" | "strangler_text":
            return _text_wanted(value, location, document, details.get("ctx", {}).get("example"))
        case "bool_type":
            return f"{quoted(value)} is neither true nor false", "write true or false"
        case "list_type":
            help_ = f'write match: {{ path: "{value}" }}' if name == "match" else f"write [{value}]"
            return f"{called(value)} stands where a list is wanted", help_ if isinstance(value, str) else None
        case "model_type" | "dict_type":
            keys = _keys_at(location)
            return f"{called(value)} stands where a map is wanted", f"its keys are: {', '.join(keys)}" if keys else None
        case "too_short":
            return f'"{name}" is empty', "write at least one entry, or leave the key out"
        case _:
            return details["msg"], None


def _text_wanted(value: Any, location: Location, document: Document, example: str | None) -> tuple[str, str | None]:
    if isinstance(value, dict | list) or value is None:
        return f"{called(value)} stands where text is wanted", f"for example {example}" if example else None
    word = document.word(document.place(location))
    example = example if example and word.replace(".", "").isdigit() else None
    if example and not example.isalpha() and "/" not in example and '"' not in example:
        return f"{word} has no unit", f"for example {example}"
    return f"{word} is read as {called(value)}; text is wanted", f'put it in quotes: "{word}"'


def _keys_at(location: Location) -> list[str]:
    """The known keys of the map at a location; empty where any key may stand."""
    here: Any = TableKeys
    for step in location:
        fields = _fields(here)
        if fields is not None:
            if step not in fields:
                return []
            here = fields[str(step)]
        else:
            here = _inside(here)
    return list(_fields(here) or ())


def _fields(annotation: Any) -> dict[str, Any] | None:
    """The keys of a model, whatever it is wrapped in; None for lists and maps with free keys."""
    model = next((part for part in _parts(annotation) if isinstance(part, type) and issubclass(part, BaseModel)), None)
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()} if model else None


def _parts(annotation: Any) -> Iterable[Any]:
    """An annotation and, if it is a union or annotated, what it is made of; not what a list or map holds."""
    yield annotation
    if getattr(annotation, "__origin__", None) not in {list, dict}:
        for part in get_args(annotation):
            yield from _parts(part)


def _inside(annotation: Any) -> Any:
    """What a list or a map with free keys holds."""
    for part in _parts(annotation):
        if getattr(part, "__origin__", None) in {list, dict}:
            return get_args(part)[-1]
    return None
