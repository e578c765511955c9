"""The few words of OpenAPI 3.1 and JSON Schema that the document is written in."""

from __future__ import annotations

from typing import Any, Final

Schema = dict[str, Any]

TEXT: Final[Schema] = {"type": "string"}
TEXT_OR_NULL: Final[Schema] = {"type": ["string", "null"]}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
NUMBER: Final[Schema] = {"type": "number"}
YES_OR_NO: Final[Schema] = {"type": "boolean"}
TIME: Final[Schema] = {"type": "string", "format": "date-time"}
COUNTS: Final[Schema] = {"type": "object", "additionalProperties": COUNT}


def exactly(**fields: Schema) -> Schema:
    """An object with exactly these fields, all of them always there."""
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def some_of(*needed: str, **fields: Schema) -> Schema:
    """What is sent: no other fields than these, and always those that are ``needed``."""
    return {"type": "object", "properties": fields, "required": list(needed), "additionalProperties": False}


def list_of(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def one_of(names: Any) -> Schema:
    return {"type": "string", "enum": [str(name) for name in names]}


def or_null(schema: Schema) -> Schema:
    return {"oneOf": [schema, {"type": "null"}]}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def json_of(schema: str, description: str) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": ref(schema)}}}


def text_of(media: str, description: str) -> Schema:
    return {"description": description, "content": {media: {"schema": TEXT}}}


def problem(description: str) -> Schema:
    return {"description": description, "content": {"application/problem+json": {"schema": ref("Problem")}}}


def query(name: str, description: str, schema: Schema = TEXT) -> Schema:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


def in_path(name: str, description: str) -> Schema:
    return {"name": name, "in": "path", "required": True, "description": description, "schema": TEXT}


def header(name: str, description: str) -> Schema:
    return {"name": name, "in": "header", "required": True, "description": description, "schema": TEXT}


def get(summary: str, answer: Schema, *, parameters: Any = (), **others: Schema) -> Schema:
    operation: Schema = {"summary": summary, "responses": {"200": answer, **others}}
    if parameters:
        operation["parameters"] = list(parameters)
    return {"get": operation}


def post(summary: str, sent: str, answer: Schema, *, parameters: Any = (), **others: Schema) -> Schema:
    """``sent`` is the name of the body's schema."""
    body = {"required": True, "content": {"application/json": {"schema": ref(sent)}}}
    operation: Schema = {"summary": summary, "requestBody": body, "responses": {"200": answer, **others}}
    if parameters:
        operation["parameters"] = list(parameters)
    return {"post": operation}


def put(summary: str, sent: str, answer: Schema, *, parameters: Any = (), **others: Schema) -> Schema:
    return {"put": post(summary, sent, answer, parameters=parameters, **others)["post"]}
