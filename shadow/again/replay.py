"""Stored requests sent to a new build, its answers held against those that the control gave when users asked."""

from __future__ import annotations

import asyncio
import enum
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import thread_time
from typing import Final

from proxy.model.edits import Edits, RequestEdits, Value
from proxy.model.redact import NO_RULES, RedactRules
from proxy.model.table import CompareRules
from shadow.again.stored import ONE, Incomplete, answer_of, copy_of_stored, without_hashes
from shadow.classify import classify
from shadow.compare import NO_ORIGINS, Origins
from shadow.copy import Copy
from shadow.edit import edited
from shadow.model import WRONG, Answer, Difference, Outcome
from shadow.redact import Redactor, rules_for
from shadow.replay import Failed, Failure, Replayer
from shadow.store.records import StoredAnswer, StoredPair, TextHeaders

MAX_ANSWER: Final = 16 * 1024 * 1024


class Result(enum.StrEnum):
    """What the new build made of one request."""

    EQUAL = "equal"
    DIFFERENT = "different"
    ERROR = "error"
    TIMEOUT = "timeout"
    UNUSABLE = "unusable"
    """Nothing was sent, or nothing could be compared: it says nothing about the build."""


BAD: Final = frozenset({Result.DIFFERENT, Result.ERROR, Result.TIMEOUT})

_FAILURES: Final = {Failure.ERROR: Result.ERROR, Failure.TIMEOUT: Result.TIMEOUT}
_COMPARED: Final = frozenset({Outcome.MATCH, Outcome.WAIVED, Outcome.MISMATCH, Outcome.CANDIDATE_ERROR})


@dataclass(frozen=True, slots=True)
class Replayed:
    """One request sent again. ``detail`` is for people; ``hidden`` names what stayed redacted in the request; ``seconds`` until
    the answer's last byte."""

    pair: StoredPair
    result: Result
    detail: str = ""
    differences: tuple[Difference, ...] = ()
    hidden: tuple[str, ...] = ()
    status: int | None = None
    seconds: float = 0.0

    @property
    def was_wrong(self) -> bool:
        """Whether the candidate of then was wrong here too."""
        return self.pair.outcome in WRONG


@dataclass(frozen=True, slots=True)
class Target:
    """The new build: base URL, headers to send in place of stored ones, seconds for one answer, requests at once."""

    url: str
    headers: TextHeaders = ()
    timeout: float = 10.0
    at_once: int = 4
    unsafe: bool = False
    """Send other methods than GET and HEAD too."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a route: its compare rules, the addresses of both sides, what is changed in requests, and what its table hides."""

    rules: CompareRules
    origins: Origins = NO_ORIGINS
    requests: RequestEdits = RequestEdits()
    redact: RedactRules = NO_RULES


_UNKNOWN: Final = Known(CompareRules())


async def replay(
    pairs: Iterable[StoredPair],
    target: Target,
    known: Mapping[str, Known],
    done: Callable[[Replayed], None] = lambda _: None,
) -> list[Replayed]:
    """In the order of ``pairs``. ``known`` by route; ``done`` is told of each as it ends."""
    redactor = Redactor(secrets.token_bytes(32))
    redactor.learn(secret for one in known.values() for secret in one.requests.secrets)
    room = asyncio.Semaphore(target.at_once)

    async def one(pair: StoredPair, replayer: Replayer) -> Replayed:
        async with room:
            replayed = await _replayed(pair, target, known.get(pair.route, _UNKNOWN), replayer, redactor)
        done(replayed)
        return replayed

    async with Replayer.open() as replayer:
        return list(await asyncio.gather(*(one(pair, replayer) for pair in pairs)))


async def _replayed(pair: StoredPair, target: Target, known: Known, replayer: Replayer, redactor: Redactor) -> Replayed:
    try:
        copy, hidden = _as_edited(pair, target, known.requests)
        control = answer_of(pair.control)
    except Incomplete as error:
        return Replayed(pair, Result.UNUSABLE, str(error))
    if not copy.safe and not target.unsafe:
        return Replayed(pair, Result.UNUSABLE, f"{copy.method} may change something: --unsafe sends it all the same")
    answer = await _sent(copy, target, replayer)
    if isinstance(answer, Failed):
        return Replayed(pair, _FAILURES[answer.failure], answer.detail, hidden=hidden)
    if isinstance(answer, str):
        return Replayed(pair, Result.UNUSABLE, answer, hidden=hidden)
    return _compared(pair, control, answer, known, redactor, hidden)


def _as_edited(pair: StoredPair, target: Target, requests: RequestEdits) -> tuple[Copy, tuple[str, ...]]:
    """As the candidate would get it. What the caller gives comes last. Raises Incomplete."""
    copy, hidden = copy_of_stored(pair.request, target.headers)
    edits = requests.of(control=False)
    touched = frozenset(name for one in edits for name in one.names)
    given = tuple((name, Value(value, secret=True)) for name, value in target.headers if name.lower() in touched)
    return edited(copy, (*edits, Edits(given)), pair.at), tuple(name for name in hidden if name.lower() not in touched)


async def _sent(copy: Copy, target: Target, replayer: Replayer) -> Answer | Failed | str:
    result = await replayer.send(copy, (target.url,), timeout=target.timeout, max_answer=MAX_ANSWER)
    return result if isinstance(result, Answer | Failed) else result.detail


def _compared(
    pair: StoredPair, control: Answer, answer: Answer, known: Known, redactor: Redactor, hidden: tuple[str, ...]
) -> Replayed:
    """What was redacted in the stored answer cannot be compared, so it is made one word on both sides. The stored one is redacted,
    too: rules may have come since."""
    redactor = redactor.of_pair("", rules_for(known.redact, (control, answer)), thread_time)
    for one in (control, answer):
        redactor.learn_from(one.headers, body=one.body)
    replayed = Replayed(pair, Result.EQUAL, hidden=hidden, status=answer.status, seconds=answer.total)
    try:
        control, candidate = _redacted(control, redactor), _redacted(answer, redactor)
    except Incomplete as error:
        return replace(replayed, result=Result.UNUSABLE, detail=str(error))
    today = datetime.now(UTC).date()
    classified = classify(control, candidate, None, known.rules, today=today, origins=known.origins)
    if classified.outcome not in _COMPARED:
        detail = classified.comparison.undecodable or "the control had answered with an error of its own"
        return replace(replayed, result=Result.UNUSABLE, detail=detail)
    # Where the control has disagreed with itself, a stored answer is no measure.
    differing = [one for one in classified.comparison.differences if one.place not in pair.noisy]
    differences = tuple(redactor.difference(_hidden_on_both(one)) for one in differing)
    if redactor.failed:
        return replace(replayed, result=Result.UNUSABLE, detail="its answer could not be redacted")
    return replace(replayed, result=Result.DIFFERENT if differences else Result.EQUAL, differences=differences)


def _redacted(answer: Answer, redactor: Redactor) -> Answer:
    """Raises Incomplete."""
    headers, body = redactor.headers(answer.headers), redactor.body(answer.headers, answer.body)
    return without_hashes(answer_of(StoredAnswer(answer.status, headers, body, 0.0, 0.0)))


def _hidden_on_both(difference: Difference) -> Difference:
    """What was hidden in the stored answer by rules that are not known here is no more to be shown in the new one."""
    hidden = difference.control is not None and difference.candidate is not None and ONE in difference.control
    return replace(difference, candidate=f'"{ONE}"') if hidden else difference
