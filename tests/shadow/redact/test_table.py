"""Columns of secret names are hidden; the rest of a table stays as it was written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow.redact import Redactor
from shadow.redact.hide import Hide
from shadow.redact.table import redact_table


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("user,password,age\r\nbob,s,7\r\nann,,8\r\n", "user,password,age\r\nbob,H,7\r\nann,,8\r\n"),
        ("user\tAPI key\nbob\ts", "user\tAPI key\nbob\tH"),
        ('a;"pin"\n"x;y";"s ""t"";\n u"\nz;s', 'a;"pin"\n"x;y";H\nz;H'),
        ("\n\niban|x\ns|y|z\n\ns", "\n\niban|x\nH|y|z\n\nH"),
        ("password\ns\ns", "password\nH\nH"),
        ('a,token\nx,s"t', "a,token\nx,H"),
        ('a,token\nx,"s', "a,token\nx,H"),
        ("a,b\nx,password: s", "a,b\nx,password: H"),
    ],
)
def test_tables(text: str, redacted: str) -> None:
    assert redact_table(text, Hide(lambda _: "H")) == redacted


@given(st.text(',;\t|\r\n"a1 ', max_size=60))
def test_what_holds_no_secret_stays_as_it_was(text: str) -> None:
    assert redact_table(text, Hide(lambda _: "H")) == text


@given(st.lists(st.text('abc,"\n ', max_size=5), min_size=1, max_size=5))
def test_no_cell_of_a_secret_column_is_kept_however_it_is_quoted(cells: list[str]) -> None:
    rows = "".join(f'x,"{cell.replace(chr(34), chr(34) * 2)}7c4n4ry"\n' for cell in cells)
    assert "7c4n4ry" not in redact_table(f"a,secret\n{rows}", Hide(lambda _: "H"))


def test_what_a_table_hides_is_hidden_in_differences_too() -> None:
    redactor = Redactor(b"k" * 32).of_pair("")
    headers, table = [(b"Content-Type", b"text/csv; charset=utf-8")], b"user,password\nbob,cAn4ry-9Xq9z\n"
    redactor.learn_from(headers, body=table)
    assert "cAn4ry" not in redactor.body(headers, table).text
    assert "cAn4ry" not in redactor.text('line 2, after "user,password": "bob,cAn4ry-9Xq9z"')
