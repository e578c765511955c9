"""The nouns of comparing: answer, difference, comparison, outcome, signature, summary, readiness."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Final

from proxy.model.message import Headers
from proxy.model.path import place_of
from shadow.noise.excess import PlaceNoise
from shadow.rules.hidden import Rule, RuleUse
from shadow.triage import Triage


@dataclass(frozen=True, slots=True)
class Answer:
    """One side's whole answer, transfer coding removed, content coding kept. Times are seconds since the request was sent.
    ``on_the_wire`` is the time to the first byte as the kernel tells it, to a few milliseconds; None where it does not."""

    status: int
    headers: Headers
    body: bytes
    first_byte: float = 0.0
    total: float = 0.0
    on_the_wire: float | None = None


class Kind(enum.StrEnum):
    """What differs, in deepdiff's vocabulary."""

    VALUES_CHANGED = "values_changed"
    TYPE_CHANGES = "type_changes"
    DICTIONARY_ITEM_ADDED = "dictionary_item_added"
    DICTIONARY_ITEM_REMOVED = "dictionary_item_removed"
    ITERABLE_ITEM_ADDED = "iterable_item_added"
    ITERABLE_ITEM_REMOVED = "iterable_item_removed"
    ITERABLE_ITEM_MOVED = "iterable_item_moved"
    REPETITION_CHANGE = "repetition_change"


@dataclass(frozen=True, slots=True)
class Difference:
    """One differing place. ``path`` is exact (``$.items[3].price``, ``status``, ``header:content-type``, ``body`` for
    text and bytes); ``control`` and ``candidate`` are the two values as short JSON text, None where there is none. A moved item
    reads ``at 3: ...`` and ``at 5``, a repeated one ``2 x ...``. ``general`` is the path with ``.*`` for members of maps."""

    path: str
    kind: Kind
    control: str | None
    candidate: str | None
    general: str | None = None

    @property
    def place(self) -> str:
        """The path with ``[]`` for indices and ``.*`` for members of maps: what a signature is made of."""
        return place_of(self.general or self.path)


@dataclass(frozen=True, slots=True)
class Comparison:
    """``differences`` count; ``waived`` are those that the table accepts, each with the path of the waiver that hid it, and
    ``normalised`` those between values that a rule makes equal, each with the rule's label; ``hidden`` counts what orders and
    tolerances made equal: label, kind, how many.
    ``limit`` says which bound stopped the walk, None if it ran to its end. ``undecodable`` says why a body could not be read."""

    differences: tuple[Difference, ...]
    waived: tuple[tuple[Difference, str], ...] = ()
    limit: str | None = None
    undecodable: str | None = None
    normalised: tuple[tuple[Difference, str], ...] = ()
    hidden: tuple[tuple[str, Kind, int], ...] = ()


class Outcome(enum.StrEnum):
    """Result of one pair (section 7 of the design): exactly one for each pair."""

    MATCH = "match"
    MISMATCH = "mismatch"
    NOISE = "noise"
    STALE = "stale"
    WAIVED = "waived"
    CONTROL_ERROR = "control_error"
    CANDIDATE_ERROR = "candidate_error"
    CANDIDATE_TIMEOUT = "candidate_timeout"


COMPARABLE: Final = frozenset(
    {Outcome.MATCH, Outcome.WAIVED, Outcome.MISMATCH, Outcome.CANDIDATE_ERROR, Outcome.CANDIDATE_TIMEOUT}
)
"""Outcomes that say something about the candidate: the denominator. Noise, stale pairs and control errors say nothing."""
WRONG: Final = frozenset({Outcome.MISMATCH, Outcome.CANDIDATE_ERROR, Outcome.CANDIDATE_TIMEOUT})
"""Outcomes that a client would have noticed, had the candidate answered."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What requests of one kind have in common, within a route. ``parameters`` are the sorted names in the query, ``status`` is
    the class of the control's answer; ``signed_in``: the request said whose it is."""

    method: str
    parameters: str
    status: str
    signed_in: bool

    def __str__(self) -> str:
        query = f"?{self.parameters}" if self.parameters else ""
        return f"{self.method} {query}{' ' if query else ''}-> {self.status}{', signed in' if self.signed_in else ''}"


@dataclass(frozen=True, slots=True)
class SignatureSummary:
    """All differences of one route, place and kind. Times are Unix seconds; examples are redacted. ``triage`` is what people
    decided last."""

    id: str
    route: str
    path: str
    kind: str
    count: int
    first_seen: float
    last_seen: float
    example_pair: str
    control_example: str | None
    candidate_example: str | None
    triage: Triage | None = None


@dataclass(frozen=True, slots=True)
class Latency:
    """Quantiles in milliseconds; None without data."""

    p50: float | None = None
    p99: float | None = None


@dataclass(frozen=True, slots=True)
class Ratio:
    """Candidate's latency over the control's, pair by pair: the median, and an interval that holds it with 95 %."""

    median: float
    low: float
    high: float
    pairs: int


@dataclass(frozen=True, slots=True)
class Mark:
    """Somebody said: from here on evidence counts anew. ``at`` is Unix time."""

    at: float
    who: str
    reason: str


@dataclass(frozen=True, slots=True)
class Epoch:
    """What the evidence of a summary is about. Versions are empty where no answer named one. ``others`` are the builds, as
    (control, candidate), that answered in turn with the present ones."""

    since: float | None = None
    control_version: str = ""
    candidate_version: str = ""
    mark: Mark | None = None
    others: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """The kinds of request among the pairs that count: how many shapes, how many of them seen once, of how many pairs, and a
    few of those seen once."""

    shapes: int = 0
    once: int = 0
    pairs: int = 0
    examples: tuple[Shape, ...] = ()


@dataclass(frozen=True, slots=True)
class RouteSummary:
    """What the store knows of one route in its present epoch.

    ``repeats`` are the clean and the wrong pairs that only repeat others: they are among the outcomes, but do not count towards
    readiness. ``recent`` is how many pairs did count since that time (Unix seconds). ``statuses`` counts pairs by the status
    classes of control and candidate. ``unseen`` is the share of requests that may be of shapes never seen.
    ``rules`` are the route's, ``uses`` what they hid; ``noise`` is of places where the control disagrees with itself. The control was
    asked twice for ``asked_twice`` pairs, ``repeated`` of them by dice.
    """

    route: str
    stage: str
    control: str
    candidate: str | None
    target: float
    hours: float
    table_version: int
    seen: int = 0
    copied: int = 0
    outcomes: dict[Outcome, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    first_pair: float | None = None
    last_pair: float | None = None
    signatures: tuple[SignatureSummary, ...] = ()
    control_latency: Latency = Latency()
    candidate_latency: Latency = Latency()
    repeats: tuple[int, int] = (0, 0)
    recent: tuple[int, float] | None = None
    ratio: Ratio | None = None
    statuses: dict[tuple[str, str], int] = field(default_factory=dict)
    coverage: Coverage = Coverage()
    epoch: Epoch = Epoch()
    unseen: float = 0.01
    rules: tuple[Rule, ...] = ()
    uses: tuple[RuleUse, ...] = ()
    noise: tuple[PlaceNoise, ...] = ()
    asked_twice: int = 0
    repeated: int = 0


class Verdict(enum.StrEnum):
    READY = "ready"
    NOT_YET = "not-yet"
    BLOCKED = "blocked"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Bar:
    """The evidence E that a route needs, if ``routes`` are judged and it would be one of ``together`` that are ready."""

    height: float = 20.0
    routes: int = 1
    together: int = 1


ALONE: Final = Bar()


@dataclass(frozen=True, slots=True)
class Readiness:
    """``clean_needed`` is how many more pairs without mismatch make the evidence suffice, ``hours_needed`` how long that takes at the
    present rate, None if there is none to go by; ``reasons`` are sentences.

    ``pairs`` and ``wrong`` are n and k of the test, ``evidence`` is E, ``bar`` what it has to reach.
    """

    verdict: Verdict
    target: float
    clean_needed: int
    reasons: tuple[str, ...]
    pairs: int = 0
    wrong: int = 0
    evidence: float = 0.0
    bar: Bar = ALONE
    hours_needed: float | None = None
