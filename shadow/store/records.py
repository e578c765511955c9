"""What is kept of a pair. Everything here is redacted already: nothing else ever reaches the store."""

from __future__ import annotations

from dataclasses import dataclass

from shadow.model import Difference, Outcome, Shape
from shadow.noise.seen import PlaceSeen, RuleHit

TextHeaders = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class StoredBody:
    """``text`` is without content coding. ``note`` says what is not as it was (``cut``, ``binary``, ...), None if nothing.
    ``size`` is the number of bytes that went over the wire."""

    text: str = ""
    size: int = 0
    note: str | None = None


@dataclass(frozen=True, slots=True)
class StoredRequest:
    """``headers`` are those that were forwarded to the primary."""

    method: str
    target: str
    headers: TextHeaders
    body: StoredBody


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """Times are seconds since the request was sent."""

    status: int
    headers: TextHeaders
    body: StoredBody
    first_byte: float
    total: float


@dataclass(frozen=True, slots=True)
class StoredPair:
    """``at`` is Unix time. ``primary`` answered the client, ``shadow`` got the copy: names of backends. ``error`` says why the
    copy has no answer. ``again`` is what the control answered when asked once more. After the retention time ``request`` and
    the answers are None: what was found stays, the contents go."""

    id: str
    request_id: str
    route: str
    rules: str
    table_version: int
    at: float
    outcome: Outcome
    method: str
    target: str
    primary: str
    shadow: str
    request: StoredRequest | None = None
    control: StoredAnswer | None = None
    candidate: StoredAnswer | None = None
    again: StoredAnswer | None = None
    error: str | None = None
    differences: tuple[Difference, ...] = ()
    waived: tuple[tuple[Difference, str], ...] = ()
    noisy: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignatureSeen:
    """One signature in one pair, with its redacted example."""

    id: str
    path: str
    kind: str
    control: str | None
    candidate: str | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """One pair's share of the evidence. Latencies are milliseconds to the first byte, None where there was no answer.
    ``pair`` is None when only the evidence is kept.

    Versions are builds as the answers named them, empty if they did not. ``statuses`` are the status classes of control and
    candidate. ``repeat``: the same was asked for the same client a moment ago, so it counts no further towards readiness.
    ``places`` differ, or are where the control disagreed with itself; ``hits`` is what rules hid. ``again``: the control was asked
    twice; ``sampled``: because the dice said so. ``identity`` tells whose pair it is, hashed; empty if nobody said.
    ``unredacted`` says what failed, if something could not be redacted: then there are no contents.
    """

    route: str
    rules: str
    at: float
    outcome: Outcome
    control_ms: float | None = None
    candidate_ms: float | None = None
    signatures: tuple[SignatureSeen, ...] = ()
    pair: StoredPair | None = None
    size: int = 0
    control_version: str = ""
    candidate_version: str = ""
    shape: Shape | None = None
    statuses: tuple[str, str] | None = None
    repeat: bool = False
    places: tuple[PlaceSeen, ...] = ()
    hits: tuple[RuleHit, ...] = ()
    again: bool = False
    sampled: bool = False
    identity: str = ""
    unredacted: str = ""
