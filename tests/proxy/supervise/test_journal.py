"""The journal on a real disk, and on one that fails, hangs or is shared."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from proxy.model.versions import TableVersion, hash_of, read_versions
from proxy.supervise import journal as module
from proxy.supervise.journal import Journal, shortened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "strangler.db.tables.jsonl"


def version(number: int, text: str) -> TableVersion:
    return TableVersion(number, 1_774_958_400.0 + number, "ada", "because", hash_of(text), "/etc/routes.yaml", text)


def numbers(path: Path) -> list[int]:
    return [one.number for one in read_versions(path)]


def test_what_is_put_is_read_again_by_its_user_only(path: Path) -> None:
    journal = Journal(path)
    assert [journal.put(version(n, f"text {n}")).number for n in (1, 2, 3)] == [1, 2, 3]
    assert read_versions(path) == [version(n, f"text {n}") for n in (1, 2, 3)]
    assert path.stat().st_mode & 0o777 == 0o600
    assert journal.error is None


def test_numbers_go_on_where_the_last_run_ended_and_the_same_text_is_the_same_version(path: Path) -> None:
    for n in (1, 2):
        Journal(path).put(version(n, f"text {n}"))
    journal = Journal(path)
    assert journal.put(version(1, "text 2")) == version(2, "text 2")
    assert journal.put(version(3, "text 1")).number == 3
    assert numbers(path) == [1, 2, 3]


def test_a_torn_last_line_is_left_behind(path: Path) -> None:
    Journal(path).put(version(1, "one"))
    with path.open("ab") as file:
        file.write(version(2, "torn").to_line()[:-20])
    assert Journal(path).put(version(1, "two")).number == 2
    assert read_versions(path) == [version(1, "one"), replace(version(2, "two"), at=version(1, "").at)]


def test_two_instances_that_see_the_same_file_agree_about_its_number(path: Path) -> None:
    """While one takes over from the other both follow it."""
    one, other = Journal(path), Journal(path)
    assert [j.put(version(1, "a")).number for j in (one, other)] == [1, 1]
    assert [j.put(version(2, "b")).number for j in (other, one)] == [2, 2]
    assert numbers(path) == [1, 2]


def test_no_two_versions_get_one_number_however_many_write(path: Path) -> None:
    def write(who: int) -> None:
        journal = Journal(path)
        for n in range(10):
            journal.put(version(1, f"{who} {n}"))

    threads = [threading.Thread(target=write, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert numbers(path) == list(range(1, 41))


def test_what_could_not_be_written_is_written_with_the_next_version(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal(path)
    journal.put(version(1, "one"))

    def full(_: int, data: Any) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(module.os, "write", full)
        assert journal.put(version(2, "two")) == version(2, "two")
    assert "No space left" in str(journal.error)
    assert "cannot be written" in caplog.text
    assert numbers(path) == [1]
    assert journal.put(version(3, "three")).number == 3
    assert journal.error is None
    assert read_versions(path) == [version(n, text) for n, text in ((1, "one"), (2, "two"), (3, "three"))]


def test_a_write_that_stops_half_way_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(path)
    journal.put(version(1, "one"))
    before, write = path.read_bytes(), os.write
    calls = iter([True])

    def half(descriptor: int, data: Any) -> int:
        if next(calls, None):
            return write(descriptor, data[:10])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(module.os, "write", half)
        journal.put(version(2, "two"))
    assert path.read_bytes() == before


def test_a_disk_that_hangs_is_not_waited_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(path)
    back = threading.Event()
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.05)
    read = module.read_versions
    monkeypatch.setattr(module, "read_versions", lambda path: (back.wait(), read(path))[1])
    assert journal.put(version(1, "one")).number == 1
    assert "no answer within" in str(journal.error)
    assert journal.put(version(2, "two")).number == 2
    assert "an earlier write still waits" in str(journal.error)
    back.set()


def test_the_oldest_texts_go_first_and_the_last_one_never(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 8000)
    monkeypatch.setattr(module, "MAX_VERSIONS", 30)
    journal = Journal(path)
    for n in range(1, 101):
        journal.put(version(n, f"{n:03d}" + "x" * 300))
        assert path.stat().st_size <= 8000
    kept = read_versions(path)
    assert kept[-1].number == 100
    with_text = [one.number for one in kept if one.text is not None]
    assert with_text == list(range(with_text[0], 101))
    assert len(with_text) < len(kept)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    large = version(1, "y" * 10_000)
    assert shortened([large]) == [large]


def test_without_a_place_nothing_is_kept() -> None:
    journal = Journal(None)
    assert journal.put(version(7, "x")).number == 7
    journal.amend(version(7, "x"))
    assert journal.error is None
