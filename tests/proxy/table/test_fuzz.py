"""No text makes loading crash: it gives a table, or mistakes that stand within the text and can be shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proxy.routing import Routing
from proxy.table.load import load_table
from proxy.table.mistakes import BadTable, Mistake, render_mistakes
from tests.proxy.table.test_load import WHOLE

TABLES = [WHOLE, (Path(__file__).resolve().parents[3] / "routes.yaml").read_text(encoding="utf-8")]
PIECES = [
    "{", "}", "[", "]", ":", "- ", "\n", "  ", "'", '"', "&a ", "*a", "<<: *a", "!!str ", "!!python/object:os.system ", "${X}", "${X:-1}",
    "|", "> ", "---\n", "...", "%YAML 1.1\n", "? ", "#", "null", "~", "yes", "1e309", ".nan", "0x1f", "\t", "\u2028", "\x85", "é", "😀",
    "\0", "\ud800", "-1", "9" * 23, "match", "path", "routes", "version: 1", "$", "@", "`", "!", "{}", "[]", ",", "\r", "[" * 60, "\\", "(a+)+",
]  # fmt: skip


def check(text: str | bytes) -> None:
    found: tuple[Mistake, ...] = ()
    try:
        Routing(load_table(text, environ={"X": "x"}), b"secret")
    except BadTable as error:
        found = error.mistakes or (Mistake(0, 0, ""),)
    shown = text if isinstance(text, str) else text.decode("utf-8", "replace")
    last = shown.count("\n") + shown.count("\r") + 2
    assert all(1 <= m.line <= last and m.column >= 1 and m.message for m in found)
    assert render_mistakes(found, "routes.yaml", text)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A good table with a few pieces put in, taken out or repeated."""
    text = draw(st.sampled_from(TABLES))
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 40)))
        text = (
            text[:start]
            + draw(st.sampled_from([*PIECES, "", text[start:end]]))
            + text[draw(st.sampled_from([start, end])) :]
        )
    return text


@st.composite
def misshapen(draw: st.DrawFn) -> str:
    """The data of a good table with some values replaced by others of any shape, written as YAML again."""
    data = yaml.safe_load(draw(st.sampled_from(TABLES)))
    for _ in range(draw(st.integers(1, 4))):
        here: Any = data
        while isinstance(here, dict | list) and here:
            key = draw(st.sampled_from(sorted(here, key=str) if isinstance(here, dict) else range(len(here))))
            if not isinstance(here[key], dict | list) or draw(st.integers(0, 3)) == 0:
                here[key] = draw(ODD)
                break
            here = here[key]
    return yaml.safe_dump(data, allow_unicode=True)


ODD = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=8),
        st.dates(),
        st.sampled_from(PIECES[:30]),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)

quick = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@quick
@given(st.text())
def test_any_text(text: str) -> None:
    check(text)


@quick
@given(st.binary())
def test_any_bytes(data: bytes) -> None:
    check(data)


@settings(quick, max_examples=300)
@given(mutated())
def test_a_good_table_with_some_pieces_changed(text: str) -> None:
    check(text)


@settings(quick, max_examples=200)
@given(misshapen())
def test_a_good_table_with_values_of_another_shape(text: str) -> None:
    check(text)


@quick
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_nothing_but_pieces(text: str) -> None:
    check(text)
