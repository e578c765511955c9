"""A table is handed to other processes as it is, and nothing else can be handed to them that way."""

from __future__ import annotations

import base64
import os
import pickle
import zlib
from pathlib import Path
from typing import Any

import pytest

from proxy.model.packed import BadPacked, pack, unpack
from proxy.model.redact import NO_RULES
from proxy.model.table import Table
from proxy.table.load import load_table, transparent_table
from tests.test_docs import tables

TABLE = """\
version: 1
backends: { legacy: { url: http://127.0.0.1:8000 }, new: { url: "http://${NEW_HOST}:8001" } }
routes:
  - name: orders
    match: { path: "/orders/{id}", query: { q: "${WORD}" } }
    split: { new: 5, legacy: 95 }
    compare: { ignore: [{ path: $.at, reason: its clock, until: 2031-02-03 }], normalise: [{ path: $.id, as: uuid }] }
"""


def loaded() -> Table:
    return load_table(TABLE, environ={"NEW_HOST": "localhost", "WORD": "42"})


def packed(value: Any) -> str:
    return base64.b64encode(zlib.compress(pickle.dumps(value))).decode()


class Command:
    """What runs when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (str(self.trace),)


@pytest.mark.parametrize("text", [text for _, text in tables()], ids=[where for where, _ in tables()])
def test_every_table_of_the_documentation_is_the_same_on_the_other_side(text: str) -> None:
    table = load_table(text)
    assert unpack(pack(table)) == table


def test_a_route_without_redact_rules_is_known_as_such_on_the_other_side() -> None:
    assert [route.redact is NO_RULES for route in unpack(pack(loaded())).routes] == [True]


def test_the_transparent_table_is_the_same_on_the_other_side() -> None:
    table = transparent_table("http://127.0.0.1:1", version=7)
    assert unpack(pack(table)) == table


def test_what_came_from_a_variable_is_plain_text_on_the_other_side() -> None:
    table = unpack(pack(loaded()))
    assert table == loaded()
    [condition] = table.routes[0].matches[0].conditions
    assert (type(condition.value), condition.value) == (str, "42")


def test_nothing_of_anybody_else_runs_when_a_table_is_taken(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    with pytest.raises(BadPacked, match="mkdir is no part of a table"):
        unpack(packed(Command(trace)))
    assert not trace.exists()


@pytest.mark.parametrize("text", ["", "nonsense", "AAAA", packed("text"), packed({"version": 1}), packed(None)[:-8]])
def test_what_is_no_table_is_refused(text: str) -> None:
    with pytest.raises(BadPacked):
        unpack(text)
