"""The file of users: read with care for who else may read it, written whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path
from typing import Final

from console.access.users import BadUsers, Users, parse_users, text_of

MAX_BYTES: Final = 4 * 1024 * 1024

_OTHERS: Final = stat.S_IRWXO | stat.S_IWGRP | stat.S_IXGRP


def read_users(path: Path) -> Users:
    """Raises BadUsers, with the path in its message; FileNotFoundError if there is no such file."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:  # noqa: PTH123 - a pipe must not make us wait
            wrong = _trouble(os.fstat(file.fileno()))
            data = b"" if wrong else file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise BadUsers(f"{path}: {error.strerror or error}; check the path and who may read it") from error
    if wrong:
        raise BadUsers(f"{path}: {wrong}")
    if len(data) > MAX_BYTES:
        raise BadUsers(f"{path}: larger than {MAX_BYTES // 1024 // 1024} MiB")
    try:
        return parse_users(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadUsers(f"{path}: not UTF-8 text") from error
    except BadUsers as error:
        raise BadUsers(f"{path}: {error}") from error


def write_users(path: Path, users: Users) -> None:
    """With mode 0600, whoever wrote it before. Raises OSError."""
    path = path.resolve()  # what a link leads to is replaced, not the link
    descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text_of(users))
            file.flush()
            os.fsync(descriptor)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _trouble(seen: os.stat_result) -> str | None:
    if not stat.S_ISREG(seen.st_mode):
        return "not a regular file"
    ours = seen.st_uid == os.geteuid()
    # A secret that Kubernetes mounts is root's, and our group reads it: then nobody else can make it 0600.
    if seen.st_mode & _OTHERS or (ours and seen.st_mode & stat.S_IRWXG):
        return f"others may read or change it (mode {stat.S_IMODE(seen.st_mode):04o}): run chmod 600 on it"
    return None
