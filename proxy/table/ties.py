"""Two routes that claim the same request with equal right: nobody could tell which one has it.

Claims with the same order, host and path are compared; what they can be told apart by (a method, or a condition with an exact
value) sorts them first, so that 10,000 claims of one path are not 50,000,000 pairs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator
from itertools import chain

from proxy.conditions import PRESENT, REGEX, compile_regex
from proxy.match import Claim
from proxy.model.table import Condition, ConditionKind
from proxy.table.regex import check_regex, may_overlap

Subject = tuple[str, str]
"""What a claim can be told apart by: a kind of condition and a name."""


def find_ties(claims: Iterable[Claim]) -> Iterator[tuple[Claim, Claim]]:
    """Pairs of claims of different routes that are tied; for each claim at most one, the first."""
    buckets: dict[Hashable, list[Claim]] = defaultdict(list)
    for claim in claims:
        shape = claim.pattern or claim.regex is not None
        buckets[claim.order, claim.host, shape].append(claim)
    for bucket in buckets.values():
        if len(bucket) > 1:
            yield from _ties_within(bucket)


def _ties_within(bucket: list[Claim]) -> Iterator[tuple[Claim, Claim]]:
    exact = [_exact(claim) for claim in bucket]
    counted = Counter(subject for values in exact for subject in values)
    sort_by = counted.most_common(1)[0][0] if counted else None
    sorted_: dict[str, list[Claim]] = defaultdict(list)
    unsorted: list[Claim] = []
    for claim, values in zip(bucket, exact, strict=True):
        value = values.get(sort_by) if sort_by else None
        earlier: Iterable[Claim]
        if value is None:
            earlier = chain(unsorted, chain.from_iterable(sorted_.values()))
        else:
            earlier = chain(sorted_[value], unsorted)
        other = next((other for other in earlier if other.route is not claim.route and overlap(other, claim)), None)
        if other is not None:
            yield other, claim
        (unsorted if value is None else sorted_[value]).append(claim)


def _exact(claim: Claim) -> dict[Subject, str]:
    """The values that a request must have exactly."""
    values = {
        _subject(condition): condition.value
        for condition in claim.match.conditions
        if condition.value != PRESENT and not condition.value.startswith(REGEX)
    }
    if len(claim.match.methods) == 1:
        values["method", ""] = next(iter(claim.match.methods))
    return values


def _subject(condition: Condition) -> Subject:
    return condition.kind, condition.name.lower() if condition.kind is ConditionKind.HEADER else condition.name


def overlap(one: Claim, other: Claim) -> bool:
    """Can one request fit both claims, which have the same host and path, or both a regex?"""
    if one.methods and other.methods and not one.methods & other.methods:
        return False
    wanted = {_subject(condition): condition.value for condition in one.match.conditions}
    for condition in other.match.conditions:
        value = wanted.get(_subject(condition))
        if value is not None and not _together(value, condition.value):
            return False
    if one.match.path_regex is not None and other.match.path_regex is not None:
        return may_overlap(check_regex(one.match.path_regex), check_regex(other.match.path_regex))
    return True


def _together(one: str, other: str) -> bool:
    """Can one value fit both conditions? Two regexes: as far as their automata tell."""
    if PRESENT in {one, other}:
        return True
    if one.startswith(REGEX) and other.startswith(REGEX):
        return may_overlap(check_regex(one[1:]), check_regex(other[1:]))
    if one.startswith(REGEX):
        return compile_regex(one[1:]).fullmatch(other) is not None
    if other.startswith(REGEX):
        return compile_regex(other[1:]).fullmatch(one) is not None
    return one == other
