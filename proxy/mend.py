"""Something went wrong with a request: carries out what ``repair`` decides, and tells people."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from proxy import attempt
from proxy.fields import Refused
from proxy.guards.retry import OF_FAILURE, OF_STATUS, asks_to_wait, may_retry, pause
from proxy.model.resilience import Mode, RetryWhen
from proxy.patience import STALL_SECONDS
from proxy.repair import Failed, Repair, lateness, repair
from proxy.replies import FAILURES, RETIRED, Failure, TurnedAway

if TYPE_CHECKING:
    from proxy.forward import BackendConnection
    from proxy.model.message import Headers
    from proxy.passage import Passage


def mend_failure(passage: Passage, failure: Failure, detail: str, connection: BackendConnection | None) -> None:
    """The backend failed: repair it where that is safe; else tell the client, or cut the answer. ``connection`` is the one that
    carried the request, None if none did."""
    live, backend, retrying = passage.live, passage.backend, passage.retrying
    failed = _failed(passage, failure, connection)
    what = repair(failed, passage.decision, retrying.policy if retrying is not None else None)
    if what is Repair.RESEND:
        live.counters.add("strangler_retries", backend=backend.name, reason="reused")
        attempt.resend(passage)
        return
    if failure is not Failure.TOTAL_TIMEOUT or (passage.request_complete and not passage.client.blocked):
        passage.failure = failure  # else it was the client that took the time
    live.counters.add("strangler_backend_failures", backend=backend.name, kind=failure)
    live.log_failure(passage, failure, detail)
    if what is Repair.RETRY:
        if _retry(passage, OF_FAILURE[failure]):
            return
        what = repair(failed, passage.decision, None)
    _carry_out(passage, what, failure)


def mend_status(passage: Passage, status: int, headers: Headers) -> bool:
    """The answer is one of those that the table may ask to be tried again. True: nobody is to see it."""
    retrying, connection, why = passage.retrying, passage.connection, OF_STATUS[status]
    assert retrying is not None
    allowed = passage.backend is passage.decision.primary and may_retry(
        why, retrying.policy, method=passage.head.method, retries=retrying.retries,
        body_kept=retrying.body is not None, in_time=_in_time(passage),
    )  # fmt: skip
    if not allowed or asks_to_wait(headers) or connection is None or not _retry(passage, why):
        return False
    passage.connection = None
    passage.failure = status
    connection.discard()
    return True


def turn_away(passage: Passage, reason: TurnedAway, retry_after: float) -> None:
    """A guard keeps the request from its backend: somebody else answers, or we say when to come again."""
    passage.let_go()
    what = repair(_failed(passage, reason, None), passage.decision, None)
    _carry_out(passage, what, reason, b"Retry-After: %d\r\n" % max(1, ceil(retry_after)))


def _failed(passage: Passage, failure: Failure | TurnedAway, connection: BackendConnection | None) -> Failed:
    retrying = passage.retrying
    return Failed(
        failure,
        passage.head.method,
        has_body=bool(passage.bytes_in) or not passage.request_complete,
        body_kept=connection is None or (retrying is not None and retrying.body is not None),
        answer_begun=passage.answer_begun,
        was_idle=connection is not None and connection.reused and not connection.got_bytes,
        fell_back=passage.backend is not passage.decision.primary,
        retries=retrying.retries if retrying is not None else 0,
        in_time=_in_time(passage),
    )


def _in_time(passage: Passage) -> bool:
    return not passage.total_at or passage.live.now < passage.total_at


def _retry(passage: Passage, why: RetryWhen) -> bool:
    """Try again after a short pause, if the budget allows it and the table does not only observe."""
    live, backend, retrying = passage.live, passage.backend, passage.retrying
    assert retrying is not None
    policy = retrying.policy
    affordable = passage.target.budget.take(live.now, policy.budget)
    if not affordable or policy.mode is Mode.OBSERVE:
        withheld = "observe" if affordable else "budget"
        live.counters.add("strangler_retries_withheld", backend=backend.name, reason=withheld)
        return False
    live.counters.add("strangler_retries", backend=backend.name, reason=why)
    attempt.retry(passage, pause(retrying.retries, live.dice))
    return True


def _carry_out(passage: Passage, what: Repair, failure: Failure | TurnedAway, lines: bytes = b"") -> None:
    """What is left when nothing may be tried again at the same backend."""
    live = passage.live
    if what is Repair.CUT:
        passage.cut()
    elif what is Repair.FALL_BACK:
        fallback = passage.decision.route.fallback
        assert fallback is not None
        passage.fall_back(passage.table.backends[fallback])
    elif what is Repair.RETIRED:
        live.counters.add("strangler_refused", reason="retired")
        passage.give_up(*RETIRED)
    else:
        status, sentence = FAILURES[failure]
        if isinstance(failure, TurnedAway):
            live.counters.add("strangler_refused", reason=failure)
            live.log_refusal(passage.client, Refused(status, failure, sentence), passage.request_id)
        passage.give_up(status, sentence, lines)


def mend_lateness(passage: Passage) -> None:
    """The deadline passed: whose fault is it, and is it one?"""
    client = passage.client
    if passage.permit is not None and passage.permit.waiting:
        passage.permit.guard.waited_too_long(passage.permit)
        return
    if client.half_closed and not client.blocked:
        client.transport.abort()
        return
    total = not _in_time(passage)
    if client.blocked and not total:
        if client.takes_more():
            passage.wait(STALL_SECONDS if client.half_closed else passage.timeouts.idle)
        else:
            client.transport.abort()
        return
    connecting = passage.connecting is not None
    kept_back = passage.expects and not (passage.continued or passage.bytes_in or passage.answer_begun)
    if kept_back and not (total or connecting):
        # The backend does not say whether it wants the body that the client keeps back: so we do.
        passage.continued = True
        client.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        passage.wait(passage.timeouts.idle)
        return
    if not (total or connecting or passage.answer_begun or passage.request_complete or client.held_by_backend()):
        passage.request_broken(Refused(408, "slow_body", "The request took too long to arrive."))
        return
    awaited = passage.request_complete and not passage.answer_begun
    passage.let_go()
    passage.answer_failed(lateness(total=total, connecting=connecting, first_byte=awaited), "deadline passed")
