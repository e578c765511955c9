"""The writer thread against real pipes, blocked ones included."""

from __future__ import annotations

import os
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.model import line_writer
from proxy.model.line_writer import LineWriter, pieces_of, write_to

PATIENCE = 10.0


def as_line(entry: str) -> bytes:
    return entry.encode() + b"\n"


def test_lines_come_out_whole_and_in_order() -> None:
    written: list[bytes] = []
    with LineWriter(written.append, limit=1000) as writer:
        for number in range(1000):
            writer.add(as_line(str(number)))
    assert b"".join(written).split() == [str(number).encode() for number in range(1000)]
    assert writer.dropped == 0


def test_a_chunk_is_no_larger_than_what_a_pipe_takes_in_one_piece_and_ends_with_a_line() -> None:
    written: list[bytes] = []
    with LineWriter(written.append, limit=1000) as writer:
        for number in range(500):
            writer.add(as_line(f"{number}" * 20))
    assert len(written) > 1
    assert all(len(chunk) <= line_writer.PIPE_BYTES and chunk.endswith(b"\n") for chunk in written)


def test_a_line_longer_than_a_chunk_is_written_all_the_same() -> None:
    written: list[bytes] = []
    with LineWriter(written.append, limit=10) as writer:
        writer.add(as_line("short"))
        writer.add(as_line("x" * 10_000))
        writer.add(as_line("short"))
    assert b"".join(written) == as_line("short") + as_line("x" * 10_000) + as_line("short")


@pytest.mark.promise("O12")
def test_a_blocked_sink_blocks_nobody_and_what_does_not_fit_is_counted() -> None:
    release, blocked = threading.Event(), threading.Event()
    totals: list[int] = []

    def write(_data: bytes) -> None:
        blocked.set()
        release.wait(PATIENCE)

    with LineWriter(write, limit=10, on_drop=totals.append) as writer:
        writer.add(as_line("first"))
        assert blocked.wait(PATIENCE)
        begin = time.monotonic()
        for _ in range(1000):
            writer.add(as_line("x"))
        assert time.monotonic() - begin < 5.0
        assert writer.dropped == 990
        assert totals[-1] == 990
        release.set()


def test_closing_does_not_wait_for_a_sink_that_never_comes_back() -> None:
    read_end, write_end = os.pipe()
    try:
        os.set_blocking(write_end, False)
        try:
            while True:
                os.write(write_end, b"x" * 65536)
        except BlockingIOError:
            pass
        os.set_blocking(write_end, True)
        writer = LineWriter(write_to(write_end), limit=10)
        writer.start()
        writer.add(as_line("stuck"))
        begin = time.monotonic()
        writer.close()
        assert time.monotonic() - begin < line_writer.CLOSE_SECONDS + 2.0
    finally:
        os.set_blocking(read_end, False)
        os.read(read_end, 1 << 20)
        os.close(read_end)
        os.close(write_end)


def test_a_sink_that_fails_costs_lines_and_not_the_log() -> None:
    written: list[bytes] = []

    def write(data: bytes) -> None:
        if b"lost" in data:
            raise OSError("no space left")
        written.append(data)

    with LineWriter(write, limit=10, piece=8) as writer:
        for line in (b"lost\n", b"kept\n", b"lost\n"):
            writer.add(line)
    assert b"".join(written) == b"kept\n"
    assert writer.dropped == 2


@given(st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"") + b"\n")), st.integers(1, 40))
def test_pieces_are_whole_lines_and_nothing_is_lost(lines: list[bytes], most: int) -> None:
    pieces = pieces_of(b"".join(lines), most)
    assert b"".join(pieces) == b"".join(lines)
    assert all(piece.endswith(b"\n") for piece in pieces)
    assert all(len(piece) <= most or piece.count(b"\n") == 1 for piece in pieces)


def test_a_non_blocking_descriptor_gets_every_byte() -> None:
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    data = os.urandom(300_000)
    received = bytearray()

    def read() -> None:
        while len(received) < len(data) and (part := os.read(read_end, 65536)):
            received.extend(part)

    reader = threading.Thread(target=read)
    reader.start()
    write_to(write_end)(data)
    reader.join(PATIENCE)
    os.close(read_end)
    os.close(write_end)
    assert bytes(received) == data
