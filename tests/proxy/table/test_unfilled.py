from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml

from console.lint import LINTS
from proxy.table.load import load_table
from proxy.table.mistakes import BadTable, Mistake, render_mistakes
from proxy.table.unfilled import NOT_SHOWN, named, shown_mistakes, shown_paths, unfilled_table

SECRET = "hunter2-SEKRET"
ENVIRON = {
    "TOKEN": SECRET,
    "ORDERS_URL": f"http://{SECRET}.internal:9000",
    "SHARE": "20",
    "WAIT": "5s",
    "EXPRESSION": "(",
}

MEANINGS = {code: lint.means for code, lint in LINTS.items()}

TABLE = """\
version: 1
backends:
  legacy: { url: http://127.0.0.1:8000 }
  orders: { url: "${ORDERS_URL}" }
routes:
  - name: orders
    match: { path: "/orders/**", headers: { X-Beta: "${TOKEN}" } }
    split: { legacy: 80, orders: "${SHARE}" }
    timeouts: { connect: "${WAIT}" }
"""


def mistakes(text: str) -> tuple[Mistake, ...]:
    with pytest.raises(BadTable) as raised:
        load_table(text, environ=ENVIRON)
    return shown_mistakes(text, raised.value.mistakes, ENVIRON, MEANINGS)


def test_a_table_is_read_with_names_where_values_would_be() -> None:
    table = unfilled_table(TABLE, ENVIRON)
    assert table is not None
    assert SECRET.lower() not in repr(table).lower()
    assert named(table.backends["orders"].endpoints[0].url) == "${ORDERS_URL}"
    assert dict(table.by_name["orders"].split.weights) == {"legacy": 80, "orders": 20}


@pytest.mark.parametrize("address", ['"${ORDERS_URL}"', '"${ORDERS_URL:-http://127.0.0.1:9000}"', "'${ORDERS_URL}'"])
def test_a_text_of_other_times_is_read_though_nobody_knows_its_urls(address: str) -> None:
    text = TABLE.replace('"${SHARE}"', "20").replace('"${WAIT}"', "5s").replace('"${ORDERS_URL}"', address)
    table = unfilled_table(text, {}, any_name=True)
    assert table is not None
    assert named(table.backends["orders"].endpoints[0].url) == "${ORDERS_URL}"


@pytest.mark.parametrize(
    "text",
    [
        TABLE.replace("${SHARE}", "${TOKEN}"),
        TABLE.replace("${WAIT}", "${TOKEN}"),
        TABLE.replace("name: orders", 'name: "${TOKEN}"').replace("version: 1", "version: 2"),
        TABLE.replace("url: http://127.0.0.1:8000", 'url: "${TOKEN}"'),
        TABLE.replace("url: http://127.0.0.1:8000", 'url: "http://127.0.0.1:${TOKEN}"'),
        TABLE + '  - { name: "${TOKEN}", match: { path: "/orders/**", headers: { X-Beta: "1" } }, backend: nobody }\n',
        TABLE + 'limits: { connections: "${TOKEN}" }\n',
    ],
)
def test_no_mistake_tells_what_a_variable_stands_for(text: str) -> None:
    found = mistakes(text)
    assert found
    assert SECRET.lower() not in repr(found).lower()
    assert all("variable-" not in one.message for one in found)


def test_a_mistake_that_only_the_value_has_is_told_by_its_meaning() -> None:
    (found,) = mistakes(TABLE.replace('"${TOKEN}"', '"~${TOKEN}${EXPRESSION}"'))
    assert (found.line, found.message, found.suggestion) == (7, LINTS[found.code].means, NOT_SHOWN)


def test_without_variables_mistakes_are_as_they_are() -> None:
    text = TABLE.replace('"${ORDERS_URL}"', "nonsense").replace("${", "x{")
    with pytest.raises(BadTable) as raised:
        load_table(text)
    assert shown_mistakes(text, raised.value.mistakes, ENVIRON) == raised.value.mistakes


SMALL = [code for code, lint in LINTS.items() if lint.severity == "error" and len(lint.example) < 5000]
"""One has hundreds of values of the same kind, and takes minutes."""

CANARIES = [
    "sekret",
    "sekret" * 30,
    "http://sekret:sekret@127.0.0.1:8000",
    "https://sekret.example:99999/",
    "ftp://sekret",
    "[sekret(",
    "12sekret%",
    "999999999sekrets",
    "/sekret/**/{sekret",
    "\u202esekret\x00",
    "sekret sekret: [sekret",
]


def wrong(text: str, environ: dict[str, str]) -> tuple[Mistake, ...]:
    try:
        load_table(text, environ=environ, with_files=True)
    except BadTable as error:
        return error.mistakes
    return ()


def _with_a_variable_in_place_of_each_value(text: str, written: str) -> Iterator[str]:
    def values(node: yaml.Node) -> Iterator[yaml.Node]:
        if isinstance(node, yaml.MappingNode):
            for _, value in node.value:
                yield from values(value)
        elif isinstance(node, yaml.SequenceNode):
            for value in node.value:
                yield from values(value)
        else:
            yield node

    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return
    assert root is not None
    for node in values(root):
        yield text[: node.start_mark.index] + written + text[node.end_mark.index :]
    everywhere = text
    for node in reversed(list(values(root))):
        everywhere = everywhere[: node.start_mark.index] + written + everywhere[node.end_mark.index :]
    yield everywhere


@pytest.mark.parametrize("written", ['"${CANARY}"', '"http://u:${CANARY}@h"', '"a${CANARY}"', '"\\x24{CANARY}"'])
@pytest.mark.parametrize("code", SMALL)
def test_whatever_is_wrong_and_wherever_the_variable_stands_nobody_reads_its_value(code: str, written: str) -> None:
    for text in {*_with_a_variable_in_place_of_each_value(LINTS[code].example, written)}:
        for canary in CANARIES:
            found = wrong(text, {"CANARY": canary})
            shown = shown_mistakes(text, found, {"CANARY": canary}, MEANINGS)
            assert len(shown) == len(found)
            told = render_mistakes(shown, "routes.yaml", text)
            assert "sekr" not in told.lower(), (text, told)
            assert "variable-" not in told, (text, told)


@pytest.mark.parametrize("code", LINTS)
def test_what_is_wrong_without_a_variable_is_told_in_its_own_words(code: str) -> None:
    """Also where a variable stands elsewhere in the text."""
    text = LINTS[code].example + '# "${CANARY}"\n'
    found = wrong(text, {})
    assert shown_mistakes(text, found, {}) == found


def test_the_variable_of_a_certificate_s_path_is_named() -> None:
    text = (
        TABLE + 'listen: { tls: { certificates: [{ certificate: "${FILES}/cert.pem", key: "${FILES}/key.pem" }] } }\n'
    )
    environ = ENVIRON | {"FILES": "/sekret"}
    table = load_table(text, environ=environ)
    message = "certificate /sekret/cert.pem: no such file"
    assert shown_paths(text, message, table.listen.tls, environ) == "certificate ${FILES}/cert.pem: no such file"
