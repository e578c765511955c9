"""Something went wrong with a request: carries out what ``repair`` decides, and tells people."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from proxy.fields import Refused
from proxy.patience import HALF_CLOSED_SECONDS, STALL_SECONDS
from proxy.repair import Repair, lateness, repair
from proxy.replies import FAILURES, RETIRED, Failure

if TYPE_CHECKING:
    from proxy.forward import BackendConnection
    from proxy.passage import Passage


def mend_failure(passage: Passage, failure: Failure, detail: str, connection: BackendConnection | None) -> None:
    """The backend failed: repair it where that is safe; else tell the client, or cut the answer. ``connection`` is the one that
    carried the request, None if none did."""
    live, backend = passage.live, passage.backend
    what = repair(
        failure,
        passage.decision,
        method=passage.head.method,
        answer_begun=passage.answer_begun,
        has_body=bool(passage.bytes_in) or not passage.request_complete,
        was_idle=connection is not None and connection.reused and not connection.got_bytes,
        fell_back=backend is not passage.decision.primary,
    )
    if what is Repair.RESEND:
        live.counters.add("strangler_retries", backend=backend.name)
        passage.send_again(backend)
        return
    passage.failure = failure
    live.counters.add("strangler_backend_failures", backend=backend.name, kind=failure)
    live.log_failure(passage, failure, detail)
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
        passage.give_up(*FAILURES[failure])


def mend_lateness(passage: Passage) -> None:
    """The deadline passed: whose fault is it, and is it one?"""
    client, live = passage.client, passage.live
    total = bool(passage.total_at) and live.now >= passage.total_at
    if client.blocked and not total:
        if client.takes_more():
            passage.wait(STALL_SECONDS if client.half_closed else passage.timeouts.idle)
        else:
            client.transport.abort()
        return
    if client.half_closed:
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


def hurry(passage: Passage) -> None:
    """The client has ended its side, and maybe left: what is still to come must come soon."""
    soon, timeouts = HALF_CLOSED_SECONDS, passage.timeouts
    passage.timeouts = replace(timeouts, first_byte=min(timeouts.first_byte, soon), idle=min(timeouts.idle, soon))
    passage.wait(soon)
