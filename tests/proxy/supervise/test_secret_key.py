"""The key file on a real file system."""

from __future__ import annotations

import logging
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from proxy.supervise.cannot_start import CannotStart
from proxy.supervise.secret_key import secret_key_file


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    directory = tmp_path / "run"
    directory.mkdir()
    return directory


def test_a_key_is_made_once_for_its_user_only_and_then_read(tmp_path: Path, run_dir: Path) -> None:
    wanted = tmp_path / "strangler.key"
    assert secret_key_file(wanted, run_dir) == wanted
    key = wanted.read_bytes()
    assert len(bytes.fromhex(key.decode())) == 32
    assert stat.S_IMODE(wanted.stat().st_mode) == 0o600
    assert secret_key_file(wanted, run_dir) == wanted
    assert wanted.read_bytes() == key
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run", "strangler.key"]


def test_two_keys_differ(tmp_path: Path, run_dir: Path) -> None:
    one, other = (secret_key_file(tmp_path / name, run_dir) for name in ("one", "other"))
    assert one.read_bytes() != other.read_bytes()


def test_instances_that_start_together_agree_on_one(tmp_path: Path, run_dir: Path) -> None:
    wanted = tmp_path / "strangler.key"

    def read(_: int) -> bytes:
        return secret_key_file(wanted, run_dir).read_bytes()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(read, range(32)))) == 1


def test_where_no_key_can_be_written_a_temporary_one_is_used_loudly(
    tmp_path: Path, run_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    used = secret_key_file(tmp_path / "file" / "strangler.key", run_dir)
    assert used.parent == run_dir
    assert len(used.read_bytes().strip()) == 64
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "--secret" in caplog.text


@pytest.mark.parametrize("content", [b"", b"short\n"])
def test_a_key_that_is_no_key_is_not_replaced_in_silence(tmp_path: Path, run_dir: Path, content: bytes) -> None:
    wanted = tmp_path / "strangler.key"
    wanted.write_bytes(content)
    wanted.chmod(0o600)
    with pytest.raises(CannotStart, match="32 is the least; remove the file"):
        secret_key_file(wanted, run_dir)


def test_a_directory_in_place_of_the_key_says_so(tmp_path: Path, run_dir: Path) -> None:
    with pytest.raises(CannotStart, match="cannot read the secret key"):
        secret_key_file(tmp_path, run_dir)


def test_a_key_that_others_can_read_is_used_with_a_warning(
    tmp_path: Path, run_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wanted = tmp_path / "strangler.key"
    wanted.write_text("0" * 64)
    wanted.chmod(0o644)
    assert secret_key_file(wanted, run_dir) == wanted
    assert "chmod 600" in caplog.text
