"""What a hostile client, backend or colleague may have written, wherever a page shows it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from proxy.model.plan import plans_of
from shadow.model import Difference, Kind, Outcome
from shadow.signature import signature_id
from shadow.store import open_store
from shadow.store.batch import Batch
from shadow.store.records import Recorded, SignatureSeen, StoredAnswer, StoredBody, StoredPair, StoredRequest
from shadow.triage import State, Triage
from tests.console.scene import PAIR, table

HARMLESS: Final = "plain words"

MARKUP: Final = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x>",
    '"><script>alert(1)</script>',
    "' onmouseover='alert(1)",
    '" autofocus onfocus="alert(1)',
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</code></pre></td></table><iframe srcdoc='<script>alert(1)</script>'>",
    "<!--<img src=--><img src=x onerror=alert(1)//>",
    "<a href=javascript:alert(1)>x</a>",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "{{ 7 * 7 }}{% print 7 %}${7*7}#{7*7}",
    "<div hx-get=/-/reload hx-trigger=load>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<form action=//evil.example><button>x",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\ufeff<script>alert(1)</script>",
    "<scr\x00ipt>alert(1)</scr\x00ipt>",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "\uff1cscript\uff1ealert(1)",
    "<" * 500,
    "\ud7ff\U0010ffff<b>",
)

CONTROLS: Final = (
    "\r\nSet-Cookie: x=1",
    "\nfaked log line",
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x1b]8;;http://evil.example\x1b\\link",
    "\x9b31m",
    "\u202egnp.exe",
    "\u2066hidden\u2069",
    "\u200b\u200f\u2028\u2029",
    "\x08\x08\x7f",
)


def fill(path: Path, text: str) -> str:
    """A store with ``text`` in every field that somebody else writes; the id of the signature."""
    plans = plans_of(table())
    plan = plans["order-read"]
    now = time.time()
    place = f"$.{text}"
    id_ = signature_id(plan.route, place, Kind.TYPE_CHANGES)
    headers = (("Content-Type", "text/html"), (f"X-{text}", text))
    answers = [StoredAnswer(200, headers, StoredBody(f"{side} {text}\n{text}", 9, text), 0.01, 0.02) for side in "ab"]
    difference = Difference(place, Kind.TYPE_CHANGES, text, f"{text} 2")
    pair = StoredPair(
        PAIR, text, plan.route, plan.rules, 3, now, Outcome.MISMATCH, text[:20], f"/{text}", text, text,
        request=StoredRequest(text[:20], f"/{text}", headers, StoredBody(text, 9)),
        control=answers[0], candidate=answers[1], error=text,
        differences=(difference,), waived=((difference, text),), noisy=(text,),
    )  # fmt: skip
    seen = SignatureSeen(id_, place, Kind.TYPE_CHANGES, text, f"{text} 2")
    batch = Batch(plans=plans, plans_at=now)
    batch.pairs.append(Recorded(plan.route, plan.rules, now, Outcome.MISMATCH, 10.0, 11.0, (seen,), pair, 100))
    store = open_store(f"sqlite:///{path}")
    writer = store.writer()
    try:
        writer.write(batch)
    finally:
        writer.close()
    store.decide(Triage(id_, plan.route, State.BUG_IN_NEW, text, text, text, now))
    return id_
