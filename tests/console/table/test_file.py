from __future__ import annotations

import os
from pathlib import Path

import pytest

from console.exits import Invalid, Undecided
from console.table.file import TableFile
from tests.console.scene import TABLE


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "routes.yaml"
    path.write_text(TABLE)
    return path


def alone(path: Path) -> bool:
    return [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_new_file_takes_the_place_and_the_mode_of_the_old_one(path: Path) -> None:
    path.chmod(0o640)
    before = path.stat()
    TableFile(str(path)).replace(TABLE + "# more\n")
    after = path.stat()
    assert path.read_text() == TABLE + "# more\n"
    assert after.st_ino != before.st_ino
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert alone(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_its_owner_stays(path: Path) -> None:
    os.chown(path, 1234, 2345)
    TableFile(str(path)).replace(TABLE + "# more\n")
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 2345)


def test_a_mark_at_the_beginning_and_line_ends_stay(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + TABLE.replace("\n", "\r\n").encode())
    file = TableFile(str(path))
    file.replace(file.text + "# more\r\n")
    assert path.read_bytes() == b"\xef\xbb\xbf" + TABLE.replace("\n", "\r\n").encode() + b"# more\r\n"


def test_a_bad_table_never_takes_the_place_of_a_good_one(path: Path) -> None:
    with pytest.raises(Invalid, match=r"nothing was changed\n.*there is no backend"):
        TableFile(str(path)).replace(TABLE.replace("backend: legacy", "backend: nobody"))
    assert path.read_text() == TABLE
    assert alone(path)


def test_what_somebody_else_wrote_meanwhile_is_not_lost(path: Path) -> None:
    file = TableFile(str(path))
    path.write_text(TABLE + "# theirs\n")
    with pytest.raises(Invalid, match="changed by somebody else meanwhile"):
        file.replace(TABLE + "# mine\n")
    assert path.read_text() == TABLE + "# theirs\n"
    assert alone(path)


def test_a_symbolic_link_is_refused_with_advice(path: Path) -> None:
    """As in a ConfigMap's mount."""
    link = path.with_name("link.yaml")
    link.symlink_to(path.name)
    with pytest.raises(Invalid, match=r"symbolic link, to routes\.yaml: change what it comes from"):
        TableFile(str(link))


def test_no_good_table_is_not_edited(path: Path) -> None:
    path.write_text("version: 2\n")
    with pytest.raises(Invalid, match="no good table as it is"):
        TableFile(str(path))
    with pytest.raises(Invalid, match="No such file"):
        TableFile(str(path.with_name("none.yaml")))


def test_a_file_that_cannot_be_replaced_stays(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that is mounted by itself into a container."""

    def busy(*_: object) -> None:
        raise OSError(16, "Device or resource busy")

    file = TableFile(str(path))
    monkeypatch.setattr(Path, "rename", busy)
    with pytest.raises(Undecided, match="Device or resource busy; nothing was changed"):
        file.replace(TABLE + "# more\n")
    assert path.read_text() == TABLE
    assert alone(path)
