"""When a file is read, decided from its stamps; and what real writers do to the stamp of a real file."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.watch import (
    LONGEST_SECONDS,
    MAX_BYTES,
    MISSING_SECONDS,
    SETTLE_SECONDS,
    Look,
    Settling,
    Stamp,
    Unreadable,
    read_text,
    stamp_of,
)

A, B, C = (Stamp(1, inode, 100, 1_000) for inode in (1, 2, 3))
SOON = SETTLE_SECONDS / 2
LATER = SETTLE_SECONDS * 1.5


def test_a_file_that_stays_the_same_is_never_read_again() -> None:
    settling = Settling(A)
    assert [settling.look(A, float(second)) for second in range(5)] == [Look.WAIT] * 5


def test_a_changed_file_is_read_once_when_it_has_settled() -> None:
    settling = Settling(A)
    assert settling.look(B, 10.0) is Look.WAIT
    assert settling.look(B, 10.0 + SOON) is Look.WAIT
    assert settling.look(B, 10.0 + LATER) is Look.READ
    assert settling.look(B, 20.0) is Look.WAIT


def test_a_file_that_keeps_changing_is_waited_for() -> None:
    settling = Settling(A)
    assert settling.look(B, 10.0) is Look.WAIT
    assert settling.look(C, 10.0 + LATER) is Look.WAIT
    assert settling.look(C, 10.0 + 2 * LATER) is Look.READ


def test_a_file_that_never_stops_changing_is_read_all_the_same() -> None:
    settling = Settling(A)
    looks = [settling.look((B, C)[turn % 2], 10.0 + turn * SOON) for turn in range(100)]
    assert 2 <= looks.count(Look.READ) <= 100 * SOON / LONGEST_SECONDS + 1


def test_a_bad_text_is_looked_at_once_more_before_it_is_called_bad() -> None:
    settling = Settling(A)
    settling.look(B, 10.0)
    assert settling.look(B, 11.0) is Look.READ
    assert not settling.is_finally_bad(11.0)
    assert settling.look(B, 11.0 + SOON) is Look.WAIT
    assert settling.look(B, 11.0 + LATER) is Look.READ
    assert settling.is_finally_bad(11.0 + LATER)
    assert settling.look(B, 20.0) is Look.WAIT


def test_a_change_while_the_second_look_is_due_begins_anew() -> None:
    settling = Settling(A)
    settling.look(B, 10.0)
    assert settling.look(B, 11.0) is Look.READ
    assert not settling.is_finally_bad(11.0)
    assert settling.look(C, 11.0 + SOON) is Look.WAIT
    assert settling.look(C, 12.0) is Look.READ
    assert not settling.is_finally_bad(12.0)


def test_a_file_that_is_missing_for_a_moment_is_no_news() -> None:
    settling = Settling(A)
    assert settling.look(None, 10.0) is Look.WAIT
    assert settling.look(A, 10.1) is Look.WAIT
    assert settling.look(A, 20.0) is Look.WAIT


def test_a_file_that_stays_away_is_reported_once_and_read_when_it_is_back() -> None:
    settling = Settling(A)
    settling.look(None, 10.0)
    assert settling.look(None, 10.0 + MISSING_SECONDS) is Look.MISSING
    assert settling.look(None, 20.0) is Look.WAIT
    assert settling.look(A, 21.0) is Look.WAIT
    assert settling.look(A, 22.0) is Look.READ


@given(st.lists(st.tuples(st.sampled_from([A, B, C, None]), st.floats(0.01, 1.0))), st.sampled_from([A, B, C]))
def test_whatever_happened_before_the_last_content_is_read_in_the_end(
    history: list[tuple[Stamp | None, float]], last: Stamp
) -> None:
    settling = Settling(A)
    now, read = 0.0, A
    for stamp, passed in [*history, (last, 1.0), (last, LATER)]:
        now += passed
        if settling.look(stamp, now) is Look.READ:
            assert stamp is not None
            read = stamp
    assert read == last


def in_place(path: Path) -> None:
    path.write_text("after, and longer")


def renamed(path: Path) -> None:
    new = path.with_name("new")
    new.write_text("after")
    new.rename(path)


def removed_first(path: Path) -> None:
    path.unlink()
    path.write_text("after and longer")


def config_map(path: Path) -> None:
    """As Kubernetes does: the file is a link into ..data, which is a link to the directory of this version."""
    swap = path.parent / "..swap"
    swap.symlink_to("..version-2")
    swap.rename(path.parent / "..data")


@pytest.mark.parametrize("write", [in_place, renamed, removed_first, config_map])
def test_every_way_of_writing_a_file_changes_its_stamp(tmp_path: Path, write: Callable[[Path], None]) -> None:
    path = tmp_path / "routes.yaml"
    for version in ("..version-1", "..version-2"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "routes.yaml").write_text(version)
    (tmp_path / "..data").symlink_to("..version-1")
    path.symlink_to("..data/routes.yaml")
    before = stamp_of(path)
    write(path)
    assert before is not None
    assert stamp_of(path) not in {before, None}


def test_what_is_not_there_has_no_stamp(tmp_path: Path) -> None:
    assert stamp_of(tmp_path / "nothing") is None
    (tmp_path / "loop").symlink_to("loop")
    assert stamp_of(tmp_path / "loop") is None


def test_text_is_read_without_its_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "routes.yaml"
    path.write_bytes("\ufeffversion: 1 # é\n".encode())
    assert read_text(path) == "version: 1 # é\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"version: 1\nname: \xff\n", r"routes.yaml:2: not UTF-8 text; save the file as UTF-8"),
        (b"#" * (MAX_BYTES + 1), r"larger than 4 MiB"),
    ],
)
def test_what_is_no_text_says_so_and_where(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "routes.yaml"
    path.write_bytes(content)
    with pytest.raises(Unreadable, match=message):
        read_text(path)


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="No such file or directory; check the path"):
        read_text(tmp_path / "nothing")
    with pytest.raises(Unreadable, match="Is a directory"):
        read_text(tmp_path)


def test_a_pipe_is_read_the_first_time_and_never_waited_for_again(tmp_path: Path) -> None:
    path = tmp_path / "routes.yaml"
    os.mkfifo(path)
    with pytest.raises(Unreadable, match="not a regular file"):
        read_text(path, again=True)
    writer = threading.Thread(target=path.write_text, args=("version: 1\n",))
    writer.start()
    assert read_text(path) == "version: 1\n"
    writer.join(10.0)
