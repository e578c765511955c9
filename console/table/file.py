"""The file of a route table, replaced as a whole or not at all."""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
from pathlib import Path

from console.exits import Invalid, Undecided
from console.table_file import table_text
from proxy.model.table import Table
from proxy.table.load import load_table
from proxy.table.mistakes import BadTable, render_mistakes

_BOM = "\ufeff"


class TableFile:
    """A good table in a file of its own. ``text`` is what it held when it was read. Raises Invalid for everything else.

    Who replaces all of it may take a file that is not good (``must_be_good``); then there is no ``table`` until it is replaced."""

    table: Table

    def __init__(self, name: str, *, must_be_good: bool = True) -> None:
        self.path = Path(name)
        if self.path.is_symlink():
            raise Invalid(
                f"{name} is a symbolic link, to {self.path.readlink()}: change what it comes from.\n"
                "A ConfigMap is changed with kubectl, a link into a checkout by naming the file there with --config."
            )
        self._bytes = table_text(name)
        if not stat.S_ISREG(self.path.stat().st_mode):
            raise Invalid(f"{name} is no regular file: name the one that holds the table")
        if must_be_good:
            self.table = _checked(self._bytes, name, f"{name} is no good table as it is, so nothing was changed")
        self.text = self._bytes.decode("utf-8", "replace").removeprefix(_BOM)

    def replace(self, text: str) -> None:
        """Put ``text`` into its place, if it is a good table and nobody else has changed the file since. Raises Invalid, Undecided."""
        mark = _BOM if self._bytes.startswith(_BOM.encode()) else ""
        data = (mark + text.removeprefix(_BOM)).encode()
        name = str(self.path)
        self.table = _checked(data, name, "what would come of it is no good table, so nothing was changed")
        try:
            self._replace(data)
        except OSError as error:
            raise Undecided(
                f"{name} could not be replaced: {error.strerror}; nothing was changed.\n"
                "It takes the right to write into its folder, and a file that is no mount of its own; else edit it by hand."
            ) from error
        self._bytes, self.text = data, text

    def _replace(self, data: bytes) -> None:
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)  # two commands at once: the second one sees what the first one wrote
            if self.path.read_bytes() != self._bytes:
                raise Invalid(f"{self.path} was changed by somebody else meanwhile: nothing was changed, try again")
            self._rename(data)
            os.fsync(folder)
        finally:
            os.close(folder)

    def _rename(self, data: bytes) -> None:
        """A new file with the mode and the owner of the old one. Raises OSError, and leaves nothing behind then."""
        old = self.path.stat()
        descriptor, name = tempfile.mkstemp(prefix=f".{self.path.name}.", dir=self.path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                new = os.fstat(descriptor)
                if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
                    os.fchown(descriptor, old.st_uid, old.st_gid)
                os.fchmod(descriptor, stat.S_IMODE(old.st_mode))
                file.flush()
                os.fsync(descriptor)
            Path(name).rename(self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _checked(data: bytes, name: str, refusal: str) -> Table:
    try:
        return load_table(data, source=name)
    except BadTable as error:
        raise Invalid(f"{refusal}\n{render_mistakes(error.mistakes, name, data).rstrip()}") from error
