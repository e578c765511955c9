from __future__ import annotations

import pytest

from proxy.answer_fields import AnswerFields
from proxy.heads import FORBIDDEN_TRAILERS, chunk, frame_answer, last_chunk


def fields(length: int | None = None, *, chunked: bool = False) -> AnswerFields:
    answer = AnswerFields(dechunk=False)
    answer.length, answer.chunked = length, chunked
    return answer


@pytest.mark.parametrize(
    ("status", "answer", "is_head", "http_1_0", "chunked", "closes", "line"),
    [
        (200, fields(5), False, False, False, False, b""),
        (200, fields(5), False, True, False, False, b""),
        (200, fields(chunked=True), False, False, True, False, b""),
        (200, fields(chunked=True), False, True, False, True, b""),
        (200, fields(), False, False, True, False, b"Transfer-Encoding: chunked\r\n"),
        (200, fields(), False, True, False, True, b""),
        (200, fields(), True, False, False, False, b""),
        (204, fields(), False, False, False, False, b""),
        (304, fields(5), False, True, False, False, b""),
    ],
)
def test_an_answer_keeps_its_framing_where_the_client_can_read_it(
    status: int, answer: AnswerFields, is_head: bool, http_1_0: bool, chunked: bool, closes: bool, line: bytes
) -> None:
    assert frame_answer(status, answer, is_head=is_head, http_1_0=http_1_0) == (chunked, closes, line)


def test_chunks_carry_their_length_in_hexadecimal() -> None:
    assert chunk(b"x" * 26) == b"1a\r\n" + b"x" * 26 + b"\r\n"


@pytest.mark.parametrize("name", sorted(FORBIDDEN_TRAILERS))
def test_a_trailer_that_frames_or_routes_is_dropped(name: bytes) -> None:
    assert last_chunk([(name.title(), b"x"), (b"X-Sum", b"1")]) == b"0\r\nX-Sum: 1\r\n\r\n"
