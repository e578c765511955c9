"""A store as a month of traffic leaves it: 50 routes, four builds of the candidate, thousands of signatures. Written with the store's own writer."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, product
from pathlib import Path
from typing import Final

from proxy.model.keep import Keep
from proxy.model.plan import Plan, plans_of
from proxy.table.load import load_table
from shadow.keep import Keeping
from shadow.model import COMPARABLE, Difference, Kind, Outcome, Shape
from shadow.noise.seen import PlaceSeen, RuleHit
from shadow.signature import signature_id
from shadow.store import Recorded, SignatureSeen, SqliteStore, StoredAnswer, StoredBody, StoredPair, StoredRequest
from shadow.store.batch import HOUR, Batch

HOURS: Final = 30 * 24
ROUTES: Final = 50
BUILDS: Final = 4
PLACES: Final = 70
"""Of each route, where it may differ: the first ones often, the last ones hardly ever."""

_OUTCOMES: Final = {
    Outcome.MATCH: 960,
    Outcome.MISMATCH: 15,
    Outcome.WAIVED: 10,
    Outcome.NOISE: 6,
    Outcome.STALE: 4,
    Outcome.CANDIDATE_ERROR: 2,
    Outcome.CANDIDATE_TIMEOUT: 2,
    Outcome.CONTROL_ERROR: 1,
}
_SORTS: Final = tuple(_OUTCOMES)
_WEIGHTS: Final = tuple(accumulate(_OUTCOMES.values()))
# What many pairs have in common is made once: making it is half of the work.
_SHAPES: Final = tuple(
    Shape("GET", parameters, status, signed_in)
    for parameters, status, signed_in in product(
        ("", "page", "page,q", "q", "sort"), ("2xx",) * 19 + ("4xx",), (True, False)
    )
)
_HITS: Final = (RuleHit("$.served_at", Kind.VALUES_CHANGED, 1),)
_TEXT: Final = "[" + ",".join(f'{{"name":"item {n}","price":{n}.50}}' for n in range(40)) + "]"
_HEADERS: Final = (("Content-Type", "application/json"), ("Cache-Control", "no-store"))
_ANSWER: Final = StoredAnswer(200, _HEADERS, StoredBody(_TEXT, len(_TEXT)), 0.02, 0.02)
_DIFFERING: Final = frozenset({Outcome.MISMATCH, Outcome.NOISE, Outcome.STALE})


def table_text(legacy: str, new: str) -> str:
    """A third of the routes is only shadowed, a third is on its way, a third has moved."""
    lines = [
        "version: 1",
        "backends:",
        f"  legacy: {{ url: {legacy} }}",
        f"  new: {{ url: {new} }}",
        "routes:",
    ]
    for number in range(ROUTES):
        weight = (0, 20, 100)[number % 3]
        lines += [
            f"  - name: {route_name(number)}",
            f'    match: {{ path: "/area{number}/{{id}}", methods: [GET, HEAD] }}',
            f"    split: {{ new: {weight}, legacy: {100 - weight} }}",
            "    shadow: { sample: 10%, candidate: new }",
            '    compare: { ignore: [{ path: "$.served_at", reason: "the time of day" }] }',
        ]
    return "\n".join(lines) + "\n"


def route_name(number: int) -> str:
    return f"area-{number:02}"


def make_store(path: Path, table: str, pairs: int, now: float) -> float:
    """Write ``pairs`` of them, the last one at ``now``; how many were written in a second of this process."""
    plans = plans_of(load_table(table, source="bench"))
    store = SqliteStore(path)
    writer = store.writer()
    traffic = _Traffic(list(plans.values()), random.Random(7))
    written = 0.0
    for batch in traffic.batches(pairs, now):
        started = time.process_time()
        writer.write(batch)
        written += time.process_time() - started
    writer.remove_old(now, Keep())
    writer.close()
    return pairs / written


@dataclass(slots=True)
class _Traffic:
    plans: list[Plan]
    dice: random.Random

    def batches(self, pairs: int, now: float) -> Iterator[Batch]:
        """One for each hour. Days have a night, and some routes are busier than others."""
        first = int(now // HOUR) - HOURS + 1
        busy = [1.5 if 8 <= (first + at) % 24 < 22 else 0.4 for at in range(HOURS)]
        busy[-1] = 0.2
        weights = [1 / (1 + at) ** 0.7 for at in range(len(self.plans))]
        keeping = Keeping(self.dice.random)
        done, target = 0, 0.0
        for at in range(HOURS):
            target += pairs * busy[at] / sum(busy)
            many = round(target) - done
            done += many
            hour = first + at
            batch = Batch(plans={plan.route: plan for plan in self.plans} if at == 0 else None, plans_at=now)
            room = HOUR if at < HOURS - 1 else max(1, int(now) - hour * HOUR)
            moments = sorted(hour * HOUR + self.dice.random() * room for _ in range(many))
            for moment, plan in zip(moments, self.dice.choices(self.plans, weights, k=many), strict=True):
                batch.pairs.append(self._recorded(plan, moment, at * BUILDS // HOURS, keeping))
            self._count(batch, weights, many, hour)
            yield batch

    def _count(self, batch: Batch, weights: list[float], pairs: int, hour: int) -> None:
        """What proxy workers count of the same traffic, of which a tenth was copied."""
        for number, (plan, weight) in enumerate(zip(self.plans, weights, strict=True)):
            copied = round(pairs * weight / sum(weights))
            new = (0.0, 0.2, 1.0)[number % 3]
            counts = {
                "seen": 10 * copied,
                "copied": copied,
                "skipped:not_sampled": 9 * copied,
                "answered:legacy": round(10 * copied * (1 - new)),
                "answered:new": round(10 * copied * new),
            }
            batch.counts.update({(plan.route, plan.rules, hour, name): n for name, n in counts.items() if n})

    def _recorded(self, plan: Plan, at: float, build: int, keeping: Keeping) -> Recorded:
        dice = self.dice
        (outcome,) = dice.choices(_SORTS, cum_weights=_WEIGHTS)
        control = dice.lognormvariate(3.0, 0.6)
        silent = outcome in {Outcome.CANDIDATE_ERROR, Outcome.CANDIDATE_TIMEOUT}
        differences = self._differences() if outcome in _DIFFERING else ()
        signatures = tuple(
            SignatureSeen(
                signature_id(plan.route, one.place, one.kind), one.place, one.kind, one.control, one.candidate
            )
            for one in differences
            if outcome is Outcome.MISMATCH
        )
        kept = keeping.wants(plan.route, plan.rules, outcome, [one.id for one in signatures], at)
        sampled = dice.random() < 0.02
        return Recorded(
            route=plan.route,
            rules=plan.rules,
            at=at,
            outcome=outcome,
            control_ms=control,
            candidate_ms=None if silent else control * dice.lognormvariate(-0.1, 0.25),
            signatures=signatures,
            pair=self._pair(plan, at, outcome, differences) if kept else None,
            control_version="1.0",
            candidate_version=f"2.{build}",
            shape=dice.choice(_SHAPES),
            statuses=("2xx", "5xx" if silent else "2xx"),
            repeat=outcome in COMPARABLE and dice.random() < 0.02,
            places=tuple(PlaceSeen(one.place, one.kind, differed=True, sampled=sampled) for one in differences),
            hits=_HITS if dice.random() < 0.1 else (),
            again=bool(differences) or sampled,
            sampled=sampled,
        )

    def _differences(self) -> tuple[Difference, ...]:
        """One to three, at places that are rarer the higher their number."""
        places = {min(PLACES - 1, int(self.dice.paretovariate(0.6)) - 1) for _ in range(self.dice.randint(1, 3))}
        return tuple(
            Difference(f"$.items[{place}].field{place}", Kind.VALUES_CHANGED, f'"is {place}"', f'"was {place}"')
            for place in places
        )

    def _pair(self, plan: Plan, at: float, outcome: Outcome, differences: tuple[Difference, ...]) -> StoredPair:
        target = f"{plan.route.replace('-', '')}/{self.dice.randrange(10**6)}?page=1"
        return StoredPair(
            id=f"{self.dice.getrandbits(64):016x}",
            request_id=f"{self.dice.getrandbits(64):016x}",
            route=plan.route,
            rules=plan.rules,
            table_version=1,
            at=at,
            outcome=outcome,
            method="GET",
            target=f"/{target}",
            primary="legacy",
            shadow="new",
            request=StoredRequest("GET", f"/{target}", (("Host", "shop"),), StoredBody()),
            control=_ANSWER,
            candidate=_ANSWER,
            differences=differences,
        )
