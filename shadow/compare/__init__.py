"""Comparing two answers: status, chosen headers, body. Pure: two values in, one value out, and no answer can make it fail.

coding    content codings taken off            charset   bytes to text
media     the media type                       body      what a body type is; one file each in bodies/
header    headers by sense; one file each in headers/
tree      JSON in which equal means equal      walk      where two trees differ
shapes    what bodies are read into
markup    elements as such a tree              siblings  names that may occur once or several times
pairing   which items of two arrays belong together; order: where their order counts
content   what equal items have in common      align     two trees for tools that know no rules
rules     a route's compare rules, compiled    findings  what was found so far, within limits
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Any, Final

from proxy.model.table import CompareRules
from shadow.compare import bodies, volatile
from shadow.compare.body import Body, Claim, Document
from shadow.compare.coding import Unreadable, Unsupported, decoded
from shadow.compare.collection import NoCollection
from shadow.compare.findings import Findings, Limits
from shadow.compare.header import differ_header
from shadow.compare.lines import lines_of
from shadow.compare.media import Media, media_of
from shadow.compare.normaliser import normal_text
from shadow.compare.rules import Compiled, compiled
from shadow.compare.tree import quoted, shown
from shadow.folder import found_in
from shadow.model import Answer, Comparison, Difference, Kind

__all__ = ["DEFAULT_LIMITS", "NO_ORIGINS", "Limits", "Origins", "alike", "compare", "read_bodies"]

_VOLATILE: Final = frozenset(name.encode() for name in volatile.ANSWER)
_BODIES: Final[tuple[Body, ...]] = tuple(sorted(found_in(bodies, "BODY"), key=attrgetter("precedence")))


@dataclass(frozen=True, slots=True)
class Origins:
    """The URLs of the two backends, as in ``http://10.0.0.7:9000``: in a Location, a backend's own address means "here"."""

    control: tuple[str, ...] = ()
    candidate: tuple[str, ...] = ()


DEFAULT_LIMITS: Final = Limits()
NO_ORIGINS: Final = Origins()


def compare(
    control: Answer,
    candidate: Answer,
    rules: CompareRules,
    *,
    today: date | None,
    limits: Limits = DEFAULT_LIMITS,
    origins: Origins = NO_ORIGINS,
) -> Comparison:
    """Where do two answers differ? Waivers that ended before ``today`` hide nothing (None: all of them hide). Where the
    status classes differ, nothing else is compared: an error page differs in everything. Raises only BadPath, for rules
    that no loaded table can hold."""
    plan = compiled(rules, today)
    findings = Findings(limits)
    undecodable = None
    if _same_class(control, candidate, plan, findings):
        _headers(control, candidate, plan, origins, findings)
        with NoCollection():
            undecodable = _bodies(control, candidate, plan, findings)
    if findings.limit and not findings.differences:
        undecodable = undecodable or findings.limit
    return Comparison(
        tuple(findings.differences),
        tuple(findings.waived),
        findings.limit,
        undecodable,
        tuple(findings.normalised),
        tuple((rule, kind, count) for (rule, kind), count in findings.hidden.items()),
    )


def alike(one: Answer, other: Answer, rules: CompareRules, today: date | None) -> bool:
    """Whether two answers of the same side are the same bytes in all that may be compared: then they differ nowhere, and from any third
    answer in the same places."""
    if one.status != other.status or one.body != other.body:
        return False
    left_out = _VOLATILE.difference(compiled(rules, today).headers, (b"content-encoding",))
    return _without(one, left_out) == _without(other, left_out)


def _without(answer: Answer, names: frozenset[bytes]) -> list[tuple[bytes, bytes]]:
    return [line for line in answer.headers if line[0].lower() not in names]


def _same_class(control: Answer, candidate: Answer, plan: Compiled, findings: Findings) -> bool:
    """Compare the status; False if that is all there is to compare."""
    if control.status == candidate.status:
        return True
    waiver = plan.hides("status", Kind.VALUES_CHANGED)
    findings.add("status", Kind.VALUES_CHANGED, str(control.status), str(candidate.status), waiver)
    return waiver is not None or control.status // 100 == candidate.status // 100


def _headers(control: Answer, candidate: Answer, plan: Compiled, origins: Origins, findings: Findings) -> None:
    names = plan.headers
    if plan.every_header:
        sent = {name.lower() for answer in (control, candidate) for name, _ in answer.headers}
        names += tuple(sorted(sent.difference(names, _VOLATILE)))
    left, right = lines_of(control.headers, names), lines_of(candidate.headers, names)
    for raw in names:
        name = raw.decode("latin-1")
        sides = (left.get(raw, ()), right.get(raw, ()))
        differ_header(name, sides, (origins.control, origins.candidate), plan, findings)


def _bodies(control: Answer, candidate: Answer, plan: Compiled, findings: Findings) -> str | None:
    """Compare the bodies; returns why they could not be compared, None if they were."""
    if control.body == candidate.body and _coded(control) == _coded(candidate):
        return None
    cap = findings.limits.decoded
    try:
        left, right = _plain(control, cap), _plain(candidate, cap)
        if isinstance(left, Unreadable) and isinstance(right, Unreadable):
            return f"both bodies: {left}"
        if isinstance(left, Unreadable) or isinstance(right, Unreadable):
            findings.add(
                "body", Kind.TYPE_CHANGES, _readable(left), _readable(right), plan.body.hides(Kind.TYPE_CHANGES)
            )
        elif left != right:
            _differ((left, media_of(control.headers)), (right, media_of(candidate.headers)), plan, findings)
    except Unsupported as error:
        return str(error)
    except RecursionError:  # the walk does not recurse, but C's repr and comparison of what it found do
        return "nested too deep"
    return None


def _coded(answer: Answer) -> list[bytes]:
    return [value.lower() for name, value in answer.headers if name.lower() == b"content-encoding"]


def _plain(answer: Answer, cap: int) -> bytes | Unreadable:
    try:
        return decoded(answer.body, answer.headers, cap)
    except Unreadable as error:
        return error


def _readable(body: bytes | Unreadable) -> str:
    return quoted(f"not decodable: {body}" if isinstance(body, Unreadable) else f"{len(body)} bytes")


Coded = tuple[bytes, Media]
"""A body without its content codings, and its media type."""


def read_bodies(control: Coded, candidate: Coded) -> tuple[Body, Document | Unreadable, Document | Unreadable]:
    """Both bodies, read by the first type that both of them are, or that one of them claims to be and is. Raises Unsupported."""
    for body in _BODIES:
        claim = max(body.claim(media, plain) for plain, media in (control, candidate))
        if claim is Claim.NONE:
            continue
        left, right = _read(body, *control), _read(body, *candidate)
        whole = isinstance(left, Document), isinstance(right, Document)
        if all(whole) or (claim is Claim.LABEL and any(whole)):
            return body, left, right
    raise Unsupported("no body type reads it")


def _differ(control: Coded, candidate: Coded, plan: Compiled, findings: Findings) -> None:
    """Find the body type that both sides are, and compare them as such."""
    body, left, right = read_bodies(control, candidate)
    if isinstance(left, Document) and isinstance(right, Document):
        _charsets(left, right, plan, findings)
        values = _normalised(left.value, right.value, plan, findings)
        if values is not None:
            body.shape.differ(*values, plan.body, findings)
        return
    cap = findings.limits.shown
    texts = (_described(body, left, cap), _described(body, right, cap))
    findings.add("body", Kind.TYPE_CHANGES, *texts, plan.body.hides(Kind.TYPE_CHANGES))


def _normalised(control: Any, candidate: Any, plan: Compiled, findings: Findings) -> tuple[Any, Any] | None:
    """Bodies of text as the rules for ``body`` make them; None if that makes them equal. Others have rules below."""
    rules = plan.body.normalise
    if not rules or not isinstance(control, str) or not isinstance(candidate, str):
        return control, candidate
    left, right = normal_text(rules, control), normal_text(rules, candidate)
    if left != right or control == candidate:
        return left, right
    cap = findings.limits.shown
    difference = Difference("body", Kind.VALUES_CHANGED, shown(control, cap), shown(candidate, cap))
    findings.made_equal(difference, rules[0].label)
    return None


def _read(body: Body, plain: bytes, media: Media) -> Document | Unreadable:
    try:
        return body.read(plain, media)
    except Unreadable as error:
        return error


def _described(body: Body, read: Document | Unreadable, cap: int) -> str:
    return body.shape.shown(read.value, cap) if isinstance(read, Document) else shown(f"not readable: {read}", cap)


def _charsets(control: Document, candidate: Document, plan: Compiled, findings: Findings) -> None:
    """Another charset is a difference of its own, unless both answers say which one they use."""
    if control.charset == candidate.charset or (control.labelled and candidate.labelled):
        return
    texts = (quoted(control.charset or "none"), quoted(candidate.charset or "none"))
    findings.add("body:charset", Kind.VALUES_CHANGED, *texts, plan.hides("body:charset", Kind.VALUES_CHANGED))
