"""An admin port of our own to ask, and what its answers must be."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import aiohttp

from console.address import Address
from console.audit.trail import Trail
from console.web.app import Admin
from console.web.entrance import Entrance
from console.web.evidence import Evidence
from console.web.guard import Guard
from console.web.instance import Instance
from console.web.openapi import PATHS, SCHEMAS
from proxy.model.packed import pack
from proxy.table.load import load_table
from shadow.store import open_store
from tests.console.scene import TABLE
from tests.console.test_status import process, told


def table_message(text: str = TABLE) -> dict[str, Any]:
    """What the supervisor says of a table."""
    return {"type": "table", "version": 3, "source": "routes.yaml", "text": text, "table": pack(load_table(text))}


class Port:
    """The admin port of an instance that we play; ``said`` is what came with each reload, ``reloads`` how many there were."""

    def __init__(self, directory: Path, entrance: Entrance | None = None) -> None:
        self.store = directory / "strangler.db"
        self.said: list[dict[str, Any]] = []
        self.journal = directory / "strangler.db.tables.jsonl"
        self.audit = directory / "strangler.db.audit.jsonl"
        self.instance = Instance(str(directory), self.said.append, self.journal)
        self.evidence = Evidence(open_store(f"sqlite:///{self.store}"))
        guard, trail = Guard(Address("127.0.0.1", 0)), Trail(self.audit)
        self.app = Admin(self.instance, self.evidence, guard, trail, entrance).app()
        self.url = ""

    @property
    def reloads(self) -> int:
        return len(self.said)

    async def ask(self, path: str, method: str = "GET", **options: Any) -> tuple[int, Any, aiohttp.ClientResponse]:
        """Status, body (JSON if it is any) and the answer itself."""
        async with aiohttp.ClientSession() as session, session.request(method, self.url + path, **options) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text and "json" in answer.content_type else text, answer


async def start(port: Port, **changes: Any) -> None:
    """Tell the console what the supervisor would."""
    processes = [process("supervisor"), process("proxy", pid=os.getpid()), process("shadow"), process("console")]
    port.instance.take_status({"type": "status", **told(**{"processes": processes, **changes})})
    await port.instance.take_table(table_message())


def check(value: Any, schema: dict[str, Any], where: str = "$") -> None:
    """As much of JSON Schema as the document uses."""
    if "$ref" in schema:
        return check(value, SCHEMAS[schema["$ref"].rpartition("/")[2]], where)
    if "oneOf" in schema:
        return check(value, schema["oneOf"][value is None], where)
    kinds: dict[str, Any] = {
        "object": dict,
        "array": list,
        "string": str,
        "integer": int,
        "number": (int, float),
        "boolean": bool,
    }
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    assert any(value is None if kind == "null" else isinstance(value, kinds[kind]) for kind in types), (where, value)
    if value is None:
        return None
    assert "enum" not in schema or value in schema["enum"], (where, value)
    if isinstance(value, dict):
        fields = schema.get("properties")
        if fields is not None:
            assert set(schema["required"]) <= set(value) <= set(fields), where
        for name, member in value.items():
            check(member, fields[name] if fields else schema["additionalProperties"], f"{where}.{name}")
    if isinstance(value, list):
        for item in value:
            check(item, schema["items"], f"{where}[]")
    return None


async def check_answer(port: Port, path: str, documented: str, status: int, method: str = "GET", **options: Any) -> Any:
    """The answer has the status, the media type and the shape that the document promises."""
    got, body, answer = await port.ask(path, method, **options)
    assert got == status, body
    contents = PATHS[documented][method.lower()]["responses"][str(status)]["content"]
    assert answer.content_type in contents
    if schema := contents[answer.content_type].get("schema"):
        check(body, schema)
    return body
