"""The writer thread against real pipes, blocked ones included."""

from __future__ import annotations

import os
import threading
import time

from proxy.model import line_writer
from proxy.model.line_writer import LineWriter, write_to

PATIENCE = 10.0


def as_line(entry: str) -> bytes:
    return entry.encode() + b"\n"


def test_lines_come_out_whole_and_in_order() -> None:
    written: list[bytes] = []
    with LineWriter[str](written.append, as_line, limit=1000) as writer:
        for number in range(1000):
            writer.add(str(number))
    assert b"".join(written).split() == [str(number).encode() for number in range(1000)]
    assert writer.dropped == 0


def test_a_chunk_is_no_larger_than_what_a_pipe_takes_in_one_piece_and_ends_with_a_line() -> None:
    written: list[bytes] = []
    with LineWriter[str](written.append, as_line, limit=1000) as writer:
        for number in range(500):
            writer.add(f"{number}" * 20)
    assert len(written) > 1
    assert all(len(chunk) <= line_writer.CHUNK_BYTES and chunk.endswith(b"\n") for chunk in written)


def test_a_line_longer_than_a_chunk_is_written_all_the_same() -> None:
    written: list[bytes] = []
    with LineWriter[str](written.append, as_line, limit=10) as writer:
        writer.add("short")
        writer.add("x" * 10_000)
        writer.add("short")
    assert b"".join(written) == as_line("short") + as_line("x" * 10_000) + as_line("short")


def test_a_blocked_sink_blocks_nobody_and_what_does_not_fit_is_counted() -> None:
    release, blocked = threading.Event(), threading.Event()
    totals: list[int] = []

    def write(_data: bytes) -> None:
        blocked.set()
        release.wait(PATIENCE)

    with LineWriter[str](write, as_line, limit=10, on_drop=totals.append) as writer:
        writer.add("first")
        assert blocked.wait(PATIENCE)
        begin = time.monotonic()
        for _ in range(1000):
            writer.add("x")
        assert time.monotonic() - begin < 1.0
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
        writer = LineWriter[str](write_to(write_end), as_line, limit=10)
        writer.start()
        writer.add("stuck")
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

    with LineWriter[str](write, lambda entry: as_line(entry) * 1000, limit=10) as writer:
        writer.add("lost")
        writer.add("kept")
        writer.add("lost")
    assert b"kept" in b"".join(written)
    assert writer.dropped == 2


def test_an_entry_that_cannot_be_rendered_is_counted_and_the_rest_goes_on() -> None:
    written: list[bytes] = []

    def render(entry: str) -> bytes:
        if entry == "bad":
            raise ValueError(entry)
        return as_line(entry)

    with LineWriter[str](written.append, render, limit=10) as writer:
        for entry in ("one", "bad", "two"):
            writer.add(entry)
    assert b"".join(written) == b"one\ntwo\n"
    assert writer.dropped == 1


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
