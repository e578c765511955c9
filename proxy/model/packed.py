"""A table as text for the control channel: what the supervisor has loaded, no child need load again, nor import what loading takes.

Pickled, with every value by the names of its fields, and unpickled from nothing but values of ours: neither a name nor a call of
anybody else's can be in it.
"""

from __future__ import annotations

import base64
import enum
import io
import pickle
import zlib
from dataclasses import fields, is_dataclass
from typing import Any, Final

from proxy.model.redact import NO_RULES
from proxy.model.table import Table

MAX_PACKED: Final = 7 * 1024 * 1024
"""Characters. A message has the text, too, and must hold both (``control.MAX_LINE``)."""

_HOUSE: Final = "proxy.model."
_FOREIGN: Final = frozenset({("datetime", "date"), ("builtins", "str")})

_BROKEN: Final = (pickle.UnpicklingError, zlib.error, ValueError, TypeError, LookupError, AttributeError, EOFError)


class BadPacked(ValueError):
    """No table of ours, or one of another version of ours."""


def pack(table: Table) -> str:
    """The inverse of ``unpack``."""
    written = io.BytesIO()
    _Packer(written, pickle.HIGHEST_PROTOCOL).dump(table)
    return base64.b64encode(zlib.compress(written.getvalue(), 1)).decode()


def unpack(text: str) -> Table:
    """Raises BadPacked."""
    try:
        table = _Unpacker(io.BytesIO(zlib.decompress(base64.b64decode(text, validate=True)))).load()
    except _BROKEN as error:
        # Only pickle's own words are told: others may quote a value, which may have come from a variable.
        why = str(error) if isinstance(error, pickle.UnpicklingError) else type(error).__name__
        raise BadPacked(f"no table can be read from what was handed over: {why}") from error
    if not isinstance(table, Table):
        raise BadPacked(f"what was handed over is no table but a {type(table).__name__}")
    return table


class _Packer(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        if value is NO_RULES:  # who has none is known by it, and spares each request the look
            return "NO_RULES"
        if isinstance(value, enum.Enum):  # by itself it is looked up in another way in each Python (3.11.2: by getattr)
            return type(value), (value.value,)
        if isinstance(value, str):  # one that remembers where it came from
            return str, ("".join(value),)
        # Compiled or not, a frozen value is made by its class alone; to be given a state afterwards it would have to change.
        if isinstance(value, type) or not is_dataclass(value):
            return NotImplemented
        return _made, (type(value), {one.name: getattr(value, one.name) for one in fields(value)})


class _Unpacker(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if not module.startswith(_HOUSE) and (module, name) not in _FOREIGN:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of a table")
        return super().find_class(module, name)


def _made(kind: type[Any], values: dict[str, Any]) -> Any:
    return kind(**values)
