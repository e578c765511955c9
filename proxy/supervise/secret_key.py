"""The installation's key: signs our identity cookie, keys the hashes that replace secrets. Made once, then read.

Whoever loses it loses stickiness of users without an identity of their own, and the comparability of redacted values.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import tempfile
from pathlib import Path

from proxy.supervise.cannot_start import CannotStart

log = logging.getLogger(__name__)

KEY_BYTES = 32
NAME = "secret.key"


def secret_key_file(wanted: Path, run_dir: Path) -> Path:
    """The file that holds the key: ``wanted``, made if it is not there; one in ``run_dir`` where that cannot be.

    Raises CannotStart if the file is there and no good: a new key in its place would go unnoticed.
    """
    try:
        _make(wanted)
    except OSError as error:
        ephemeral = run_dir / NAME
        _make(ephemeral)
        log.warning(
            "cannot write the secret key: a temporary one is used, and users without an identity of their own are drawn anew"
            " after each start; name a writable file with --secret",
            extra={"file": str(wanted), "error": error.strerror},
        )
        return ephemeral
    _check(wanted)
    return wanted


def held_key(path: Path) -> int:
    """A descriptor of the key as it is now, in memory: whatever becomes of the file, processes that are started later have the
    same key as the others. Raises OSError."""
    descriptor = os.memfd_create("strangler-key")
    os.write(descriptor, path.read_bytes())
    return descriptor


def name_of(descriptor: int) -> str:
    """What a process that has ``descriptor`` opens to read it from its beginning."""
    return f"/proc/self/fd/{descriptor}"


def _make(path: Path) -> None:
    """Write a new key unless the file is there. Linked into place whole, so that nobody ever reads half a key."""
    if path.exists():
        return
    descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # with mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
            file.flush()
            os.fsync(descriptor)
        with contextlib.suppress(FileExistsError):  # another instance was faster; its key is ours
            os.link(draft, path)
            log.info("made a new key: there was none", extra={"file": str(path)})
    finally:
        Path(draft).unlink()


def _check(path: Path) -> None:
    try:
        key = path.read_bytes().strip()
        mode = path.stat().st_mode
    except OSError as error:
        raise CannotStart(
            f"cannot read the secret key {path}: {error.strerror}; make it readable for this user"
        ) from error
    if len(key) < KEY_BYTES:
        raise CannotStart(
            f"the secret key {path} has {len(key)} bytes, {KEY_BYTES} is the least; remove the file to get a new one"
        )
    if mode & 0o077:
        log.warning("the secret key can be read by other users: run chmod 600 on it", extra={"file": str(path)})
