"""An exchange: one request, the decision about it and the primary's answer, as captured by the tee."""

from __future__ import annotations

from typing import NamedTuple


class Exchange(NamedTuple):
    """Heads are raw bytes as they went over the wire, up to and with the empty line: the request as forwarded to the
    primary, the answer as received from it. Bodies are without transfer coding, content coding kept.

    ``id`` is the request's id, which a client may have chosen, and may have used before. ``identity`` is what its sender is
    recognised by, as routes.yaml says; empty if the request carried nothing of the kind.

    ``started_at`` is Unix time, ``first_byte`` and ``total`` are seconds from the request's last head byte sent to the
    primary until the first and the last byte of its answer.

    A tuple, since the live path makes one of every copy: the initialiser of a frozen dataclass takes more than twice as long.
    """

    id: str
    identity: str
    route: str
    table_version: int
    primary: str
    shadow: str
    started_at: float
    first_byte: float
    total: float
    request_head: bytes
    request_body: bytes
    answer_head: bytes
    answer_body: bytes
