"""The shadow worker's process: the key that it hides with."""

from __future__ import annotations

from pathlib import Path

import pytest

from shadow.__main__ import read_secret


def test_the_key_is_what_stands_in_its_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"0" * 64 + b"\n")
    assert read_secret(tmp_path / "key") == b"0" * 64 + b"\n"


@pytest.mark.parametrize("content", [None, b"", b"short\n", b" " * 64])
def test_without_a_key_or_with_one_that_can_be_guessed_one_that_nobody_knows_is_used(
    tmp_path: Path, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    one, other = read_secret(tmp_path / "key"), read_secret(tmp_path / "key")
    assert one != other
    assert len(one) == len(other) == 32
    assert "not be comparable" in caplog.text
