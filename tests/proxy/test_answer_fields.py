from __future__ import annotations

import pytest
from hypothesis import given

from proxy.answer_fields import ANSWER_FIELDS, InvalidAnswer, read_answer_fields
from tests.proxy.test_fields import FIELDS, parts_of


@given(FIELDS.map(lambda fields: [f for f in fields if f[0].lower() not in ANSWER_FIELDS]))
def test_answer_fields_that_are_not_in_the_table_are_passed_on_byte_for_byte(
    headers: list[tuple[bytes, bytes]],
) -> None:
    lines = read_answer_fields(headers, dechunk=False).lines
    assert parts_of(lines) == headers


@pytest.mark.parametrize(
    "headers", [[(b"Content-Length", b"5"), (b"Content-Length", b"5")], [(b"Transfer-Encoding", b"gzip, chunked")]]
)
def test_answers_with_unclear_framing_are_invalid(headers: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(InvalidAnswer):
        read_answer_fields(headers, dechunk=False)
