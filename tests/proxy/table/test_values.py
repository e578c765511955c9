from __future__ import annotations

import contextlib

import httptools
import pytest

from proxy.table.load import load_table
from proxy.table.mistakes import BadTable
from proxy.table.values import METHODS

TABLE = """
version: 1
backends: { legacy: { url: http://127.0.0.1:1 } }
routes: [{ name: a, match: { path: /a, methods: [%s] }, backend: legacy }]
"""


class Heads:
    """Counts the heads that the parser takes."""

    def __init__(self) -> None:
        self.taken = 0

    def on_headers_complete(self) -> None:
        self.taken += 1


@pytest.mark.parametrize("method", METHODS)
def test_every_method_that_a_table_may_name_reaches_it(method: str) -> None:
    heads = Heads()
    with contextlib.suppress(httptools.HttpParserUpgrade):
        httptools.HttpRequestParser(heads).feed_data(f"{method} /a HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert heads.taken == 1
    assert load_table(TABLE % method).routes[0].matches[0].methods == {method}


@pytest.mark.parametrize(
    ("method", "help_"),
    [
        ("GTE", 'did you mean "GET"?'),
        ("get", 'methods are in capitals: "GET"'),
        ("BREW", "known are GET, HEAD"),
        ("TRACE", "remove it"),
    ],
)
def test_a_method_that_can_never_come_is_a_mistake(method: str, help_: str) -> None:
    with pytest.raises(BadTable) as bad:
        load_table(TABLE % method)
    (mistake,) = bad.value.mistakes
    assert help_ in (mistake.suggestion or "")
