"""Run directories on a real file system."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from proxy.supervise.cannot_start import CannotStart
from proxy.supervise.run_directory import LOCK, NEWBORN_SECONDS, remove_stale, run_directory

PREFIX = f"strangler-{os.getuid()}-"


@pytest.fixture(autouse=True)
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path


def test_it_is_for_its_user_only_and_gone_in_the_end(base: Path) -> None:
    with run_directory() as directory:
        assert directory.parent == base
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
        (directory / "tap.sock").touch()
    assert list(base.iterdir()) == []


def test_it_is_gone_after_a_failure_too(base: Path) -> None:
    with pytest.raises(BlockingIOError), run_directory():
        raise BlockingIOError
    assert list(base.iterdir()) == []


def test_two_instances_have_two() -> None:
    with run_directory() as one, run_directory() as other:
        assert one != other
        assert one.is_dir()


def test_what_a_killed_supervisor_left_is_removed(base: Path) -> None:
    stale = base / f"{PREFIX}12345678"
    stale.mkdir()
    (stale / LOCK).touch()
    (stale / "proxy-0-1.values").touch()
    with run_directory() as directory:
        assert list(base.iterdir()) == [directory]


def test_what_is_not_ours_or_not_a_directory_stays(base: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / LOCK).touch()
    (base / f"{PREFIX}link").symlink_to(elsewhere)
    (base / f"{PREFIX}file").touch()
    (base / "strangler-notes").mkdir()
    remove_stale(base, PREFIX)
    assert len(list(base.iterdir())) == 3
    assert (elsewhere / LOCK).exists()


def test_one_that_is_about_to_be_locked_stays(base: Path) -> None:
    newborn, forgotten = base / f"{PREFIX}new", base / f"{PREFIX}old"
    newborn.mkdir()
    forgotten.mkdir()
    long_ago = forgotten.stat().st_mtime - 2 * NEWBORN_SECONDS
    os.utime(forgotten, (long_ago, long_ago))
    remove_stale(base, PREFIX)
    assert list(base.iterdir()) == [newborn]


def test_a_place_whose_name_is_too_long_for_a_socket_is_passed_over(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = base / ("x" * 100)
    deep.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    with run_directory() as directory:
        assert directory.parent != deep


def test_a_place_that_is_not_there_is_passed_over(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(base / "missing"))
    with run_directory() as directory:
        assert directory.is_dir()


def test_a_wanted_directory_is_made_kept_and_for_one_instance_only(base: Path) -> None:
    wanted = base / "run"
    with run_directory(str(wanted)) as directory:
        assert directory == wanted
        with pytest.raises(CannotStart, match="belongs to another running instance"), run_directory(str(wanted)):
            pass
    assert wanted.is_dir()


def test_a_wanted_directory_that_cannot_be_made_says_why(base: Path) -> None:
    (base / "file").touch()
    with pytest.raises(CannotStart, match="cannot make the run directory"), run_directory(str(base / "file" / "run")):
        pass
