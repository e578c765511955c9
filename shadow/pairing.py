"""Makes a pair of an exchange: send the copy, compare the answers, ask the control once more, redact what is kept."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from time import thread_time, time
from typing import Final

from proxy.model.decision import Skip
from proxy.model.exchange import Exchange
from proxy.model.keep import Contents
from proxy.model.message import RequestHead
from proxy.model.plan import Plan
from proxy.model.redact import RedactRules
from shadow.asking import Asker, Asking
from shadow.classify import Classified, classify, needs_recheck
from shadow.compare import Limits
from shadow.copy import Unrepeatable
from shadow.evidence.repeats import Repeats
from shadow.evidence.shape import shape_of, status_class, version_of
from shadow.keep import Keeping
from shadow.lag import Lag
from shadow.model import Answer, Comparison, Outcome
from shadow.noise.places import hits_of, places_seen
from shadow.noise.seen import PlaceSeen
from shadow.parse import BadHead, parse_answer, parse_request
from shadow.redact import Redactor, rules_for
from shadow.replay import Failed, Failure, NotCompared
from shadow.signature import Signature, signature_id, signatures_of
from shadow.store.records import Recorded, SignatureSeen, StoredAnswer, StoredPair, StoredRequest
from shadow.structure import structure_of, structure_of_difference
from shadow.suspicion import heads, may_hold

INLINE_BYTES: Final = 64 * 1024
"""Pairs of larger bodies are compared in a thread, so that receiving goes on meanwhile."""

LOST: Final = "(redacted)"
"""In place of a path that could not be redacted."""

_TIMED: Final = Limits(clock=thread_time)

_FAILED: Final = {
    (True, Failure.ERROR): Outcome.CONTROL_ERROR,
    (True, Failure.TIMEOUT): Outcome.CONTROL_ERROR,
    (False, Failure.ERROR): Outcome.CANDIDATE_ERROR,
    (False, Failure.TIMEOUT): Outcome.CANDIDATE_TIMEOUT,
}
"""(the control got the copy, how it failed) -> outcome."""


@dataclass(frozen=True, slots=True)
class Pair:
    """All that is known of one pair, not redacted: it lives in memory only. ``renewed``: what the client got was no measure, so
    the primary was asked again."""

    exchange: Exchange
    plan: Plan
    head: RequestHead
    control: Answer | None
    candidate: Answer | None
    again: Answer | None
    outcome: Outcome
    classified: Classified | None = None
    error: str | None = None
    sampled: bool = False
    """Whether the dice chose it for asking the control twice, whatever came of it."""
    renewed: bool = False


def new_pair_id() -> str:
    return secrets.token_hex(8)


class Pairing:
    """``clock`` is Unix time, ``new_id`` names a pair, ``large`` runs what takes too long for the loop, one at a time."""

    def __init__(
        self,
        asker: Asker,
        redactor: Redactor,
        keeping: Keeping,
        large: Executor,
        lag: Lag,
        *,
        clock: Callable[[], float] = time,
        new_id: Callable[[], str] = new_pair_id,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self._asker = asker
        self._redactor = redactor
        self._keeping = keeping
        self._large = large
        self._lag = lag
        self._repeats = Repeats(secrets.token_bytes(32))
        self._clock = clock
        self._new_id = new_id
        self._dice = dice

    async def pair(self, exchange: Exchange, plan: Plan) -> Recorded | NotCompared:
        """What comes of one exchange. Never raises for anything that a client or a backend did."""
        if {exchange.primary, exchange.shadow} != {plan.control, plan.candidate}:
            return NotCompared(Skip.SHADOW_LOST, "the table has other backends for this route now")
        try:
            head = parse_request(exchange.request_head)
            primary = parse_answer(
                exchange.answer_head, exchange.answer_body, first_byte=exchange.first_byte, total=exchange.total
            )
            asking = self._asker.about(exchange, plan, head, primary)
        except (BadHead, Unrepeatable) as error:
            return NotCompared(Skip.UNDECODABLE, str(error))
        copied = await asking.ask(exchange.shadow)
        if isinstance(copied, NotCompared):
            return copied
        renewed = isinstance(copied, Answer) and asking.must_renew
        answered = await asking.ask(exchange.primary) if renewed else primary
        if isinstance(answered, NotCompared):
            return answered
        control, candidate = (copied, answered) if exchange.shadow == plan.control else (answered, copied)
        if isinstance(control, Answer) and isinstance(candidate, Answer):
            return await self._compared(asking, control, candidate, renewed=renewed)
        failed = control if isinstance(control, Failed) else candidate
        assert isinstance(failed, Failed)
        outcome, detail = _FAILED[failed is control, failed.failure], failed.detail
        ours, theirs = (one if isinstance(one, Answer) else None for one in (control, candidate))
        return self._recorded(Pair(exchange, plan, head, ours, theirs, None, outcome, None, detail, renewed=renewed))

    async def _compared(
        self, asking: Asking, control: Answer, candidate: Answer, *, renewed: bool
    ) -> Recorded | NotCompared:
        plan = asking.plan
        again: Answer | None = None
        classified = await self._classify(asking, control, candidate)
        sampled = asking.safe and self._dice() < plan.repeat
        if asking.safe and (sampled or _wants_recheck(classified)):
            repeated = await asking.ask(plan.control)
            if isinstance(repeated, Answer):
                again = repeated
                classified = await self._classify(asking, control, candidate, again, classified.compared)
        if classified.outcome is None:
            return NotCompared(Skip.UNDECODABLE, classified.comparison.undecodable or "")
        outcome = classified.outcome
        pair = Pair(
            asking.exchange, plan, asking.head, control, candidate, again, outcome, classified, None, sampled, renewed
        )
        if _size(control, candidate) > INLINE_BYTES:
            return await asyncio.get_running_loop().run_in_executor(self._large, self._recorded, pair)
        return self._recorded(pair)

    async def _classify(
        self,
        asking: Asking,
        control: Answer,
        candidate: Answer,
        again: Answer | None = None,
        compared: Comparison | None = None,
    ) -> Classified:
        today = datetime.fromtimestamp(self._clock(), UTC).date()
        origins = asking.origins()
        work = partial(
            classify,
            *(control, candidate, again, asking.plan.compare),
            today=today,
            limits=_TIMED,
            origins=origins,
            compared=compared,
        )
        if _size(control, candidate) > INLINE_BYTES and control.body != candidate.body:
            return await asyncio.get_running_loop().run_in_executor(self._large, work)
        return work()

    def _recorded(self, pair: Pair) -> Recorded:
        """Everything from here on is redacted."""
        plan, at = pair.plan, pair.exchange.started_at
        signatures = signatures_of(plan.route, pair.classified.comparison) if pair.classified else ()
        wanted = plan.contents is not Contents.NOTHING and self._keeping.wants(
            plan.route, plan.rules, pair.outcome, [one.id for one in signatures], at
        )
        rules = rules_for(plan.redact, [one for one in (pair.control, pair.candidate) if one is not None])
        # What is told of all pairs must look alike in all of them: it does not hang on what was found in one.
        always = self._redactor.under(rules, thread_time)
        redactor = self._redactor_of(pair, rules, wanted=wanted)
        seen = tuple(_seen(signature, redactor, always, plan.contents, wanted=wanted) for signature in signatures)
        kept = self._kept(pair, redactor) if wanted else None
        control_copied = pair.exchange.shadow == plan.control
        identity = pair.exchange.identity
        statuses = status_class(pair.control), status_class(pair.candidate)
        status = status_class(pair.control or pair.candidate)
        recorded = Recorded(
            route=plan.route,
            rules=plan.rules,
            at=at,
            outcome=pair.outcome,
            control_ms=_milliseconds(pair.control, measured_here=control_copied or pair.renewed, lag=self._lag),
            candidate_ms=_milliseconds(pair.candidate, measured_here=not control_copied or pair.renewed, lag=self._lag),
            signatures=seen,
            pair=kept,
            identity=redactor.identity(identity),
            size=_kept_size(kept),
            control_version=version_of(pair.control, plan.version_headers.get(plan.control), always.header),
            candidate_version=version_of(pair.candidate, plan.version_headers.get(plan.candidate or ""), always.header),
            shape=shape_of(pair.head, identity, status, always.text),
            statuses=statuses,
            places=self._places(pair, redactor),
            hits=() if pair.classified is None else hits_of(pair.classified.comparison),
            again=pair.again is not None,
            sampled=pair.again is not None and pair.sampled,
            repeat=self._repeats.repeats(plan.route, identity, pair.head, status, pair.outcome, at),
        )
        failed = redactor.failed or always.failed
        return _without_contents(recorded, failed) if failed else recorded

    def _redactor_of(self, pair: Pair, rules: RedactRules, *, wanted: bool) -> Redactor:
        """One that knows the secrets of this pair: all of them if it is kept, else, for the paths, those that are quickly found."""
        redactor, head = self._redactor.of_pair(pair.exchange.identity, rules, thread_time), pair.head
        if not wanted and not _is_suspicious(pair):
            return redactor
        redactor.learn_from(head.headers, head.target.decode("latin-1"), pair.exchange.request_body if wanted else b"")
        for answer in _answers_of(pair):
            redactor.learn_from(answer.headers, body=answer.body if wanted else b"")
        return redactor

    def _places(self, pair: Pair, redactor: Redactor) -> tuple[PlaceSeen, ...]:
        """Of errors and races nothing can be learned about places."""
        if pair.classified is None or pair.outcome in {Outcome.CONTROL_ERROR, Outcome.STALE}:
            return ()
        seen = places_seen(
            pair.classified.differing, pair.classified.drift, sampled=pair.sampled and pair.again is not None
        )
        for place in seen:
            place.place = redactor.path(place.place)
        return seen

    def _kept(self, pair: Pair, redactor: Redactor) -> StoredPair:
        exchange, classified = pair.exchange, pair.classified
        method, target = pair.head.method.decode("latin-1"), redactor.target(pair.head.target.decode("latin-1"))
        body = redactor.body(pair.head.headers, exchange.request_body)
        comparison = classified.comparison if classified else None
        kept = StoredPair(
            id=self._new_id(),
            request_id=redactor.text(exchange.id),
            route=pair.plan.route,
            rules=pair.plan.rules,
            table_version=exchange.table_version,
            at=exchange.started_at,
            outcome=pair.outcome,
            method=method,
            target=target,
            primary=exchange.primary,
            shadow=exchange.shadow,
            request=StoredRequest(method, target, redactor.headers(pair.head.headers), body),
            control=_stored(pair.control, redactor),
            candidate=_stored(pair.candidate, redactor),
            again=_stored(pair.again, redactor),
            error=None if pair.error is None else redactor.text(pair.error),
            differences=tuple(map(redactor.difference, comparison.differences)) if comparison else (),
            waived=tuple((redactor.difference(one), path) for one, path in comparison.waived) if comparison else (),
            noisy=tuple(redactor.path(place) for place in classified.noisy_places) if classified else (),
        )
        return structure_of(kept) if pair.plan.contents is Contents.STRUCTURE else kept


def _without_contents(recorded: Recorded, failed: str) -> Recorded:
    """Something of the pair could not be redacted, so nothing of it is kept but what it counts for."""
    seen = {
        one.kind: SignatureSeen(signature_id(recorded.route, LOST, one.kind), LOST, one.kind, None, None)
        for one in recorded.signatures
    }
    return replace(
        recorded,
        signatures=tuple(seen.values()),
        pair=None,
        control_version="",
        candidate_version="",
        shape=recorded.shape and replace(recorded.shape, parameters=""),
        places=(),
        size=_kept_size(None),
        unredacted=failed,
    )


def _answers_of(pair: Pair) -> list[Answer]:
    return [answer for answer in (pair.control, pair.candidate, pair.again) if answer is not None]


def _is_suspicious(pair: Pair) -> bool:
    """Whether a path may hold one of the secrets that are quickly found."""
    lines, paths = [pair.head.headers, *(answer.headers for answer in _answers_of(pair))], _paths_of(pair)
    return bool(paths) and may_hold(paths, heads(pair.exchange.identity, pair.head.target, *lines))


def _paths_of(pair: Pair) -> set[str]:
    """All that is recorded of a pair that is not kept, and that a backend has written."""
    classified = pair.classified
    return set() if classified is None else {one.place for one in (*classified.differing, *classified.drift)}


def _seen(signature: Signature, redactor: Redactor, always: Redactor, keep: Contents, *, wanted: bool) -> SignatureSeen:
    """With an example only if the pair is kept that it is of. Names that are hidden are so in the id, too: it could be tried out."""
    path, kind, plain = redactor.path(signature.path), str(signature.kind), always.path(signature.path)
    id_ = signature.id if plain == signature.path else signature_id(signature.route, plain, kind)
    if not wanted:
        return SignatureSeen(id_, path, kind, None, None)
    example = redactor.difference(signature.example)
    if keep is Contents.STRUCTURE:
        example = structure_of_difference(example)
    return SignatureSeen(id_, path, kind, example.control, example.candidate)


def _stored(answer: Answer | None, redactor: Redactor) -> StoredAnswer | None:
    if answer is None:
        return None
    headers, body = redactor.headers(answer.headers), redactor.body(answer.headers, answer.body)
    return StoredAnswer(answer.status, headers, body, answer.first_byte, answer.total)


def _wants_recheck(classified: Classified) -> bool:
    """A difference may be a race or noise: the control, asked again, tells."""
    return classified.outcome in {Outcome.MISMATCH, Outcome.CANDIDATE_ERROR} and needs_recheck(classified.comparison)


def _size(control: Answer, candidate: Answer) -> int:
    return len(control.body) + len(candidate.body)


def _milliseconds(answer: Answer | None, *, measured_here: bool, lag: Lag) -> float | None:
    """The proxy measured the primary's latency, we the copy's: of ours only that counts which is not our own lateness."""
    if answer is None:
        return None
    seconds = lag.counted(answer.first_byte, answer.on_the_wire) if measured_here else answer.first_byte
    return None if seconds is None else seconds * 1000


def _kept_size(pair: StoredPair | None) -> int:
    """Roughly the bytes that a pair takes while it waits to be written."""
    if pair is None:
        return 200
    texts = [len(message.body.text) for message in (pair.request, pair.control, pair.candidate, pair.again) if message]
    return 4000 + sum(texts)
