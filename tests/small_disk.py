"""A file system of our own, small enough to be filled and ours to make read-only. Tests that need one are skipped where we may not mount."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which

import pytest


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """2 MiB, at ``folder``, which is there already."""
    umount = which("umount")
    if umount is None or not mount("-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)):
        pytest.skip("needs the right to mount a small file system")
    try:
        yield
    finally:
        subprocess.run([umount, "--lazy", str(folder)], check=True)


def make_read_only(folder: Path, *, read_only: bool) -> None:
    assert mount("-o", f"remount,{'ro' if read_only else 'rw'}", str(folder))


def mount(*options: str) -> bool:
    command = which("mount")
    return command is not None and not subprocess.run([command, *options], capture_output=True, check=False).returncode
