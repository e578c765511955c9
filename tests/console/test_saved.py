from __future__ import annotations

from pathlib import Path

import pytest

from console import saved
from console.saved import Unusable, answer_of, read_saved


def test_a_body_alone_has_no_head() -> None:
    answer, whole = answer_of(b'{"a": 1}')
    assert (answer.status, answer.headers, answer.body, whole) == (200, [], b'{"a": 1}', False)


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
@pytest.mark.parametrize(
    "version", [b"HTTP/1.1 404 Not Found", b"HTTP/1.0 404 Not Found", b"HTTP/2 404 ", b"HTTP/3 404 "]
)
def test_a_whole_answer_is_read_as_curl_prints_it(version: bytes, end: bytes) -> None:
    answer, whole = answer_of(end.join([version, b"Content-Type: text/plain", b"X-A: 1", b"", b"not\r\n\r\nhere"]))
    assert whole
    assert answer.status == 404
    assert answer.headers == [(b"Content-Type", b"text/plain"), (b"X-A", b"1")]
    assert answer.body == b"not\r\n\r\nhere"


def test_fields_of_the_connection_do_not_count_since_the_body_is_plain() -> None:
    answer, _ = answer_of(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nabc"
    )
    assert (answer.headers, answer.body) == ([], b"abc")


def test_interim_answers_are_skipped() -> None:
    answer, _ = answer_of(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 Created\r\n\r\n"
    )
    assert (answer.status, answer.body) == (201, b"")


def test_a_head_without_an_end_is_a_body() -> None:
    assert answer_of(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain")[1] is False


def test_a_head_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "answer"
    path.write_bytes(b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n")
    with pytest.raises(Unusable, match="begins like an HTTP answer, but is none"):
        read_saved(str(path))


def test_what_cannot_be_read_is_refused_with_its_name(tmp_path: Path) -> None:
    for name in (str(tmp_path / "missing"), str(tmp_path), "nul\0byte"):
        with pytest.raises(Unusable, match="check the path"):
            read_saved(name)


def test_a_huge_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved, "MAX_BYTES", 10)
    path = tmp_path / "body"
    path.write_bytes(b"x" * 11)
    with pytest.raises(Unusable, match="more than"):
        read_saved(str(path))
