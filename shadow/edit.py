"""What is changed in a copy before it goes to one side: the table's edits, and conditions that would leave nothing to compare. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from proxy.model.edits import CONDITIONAL, STARTED_AT, STARTED_AT_EPOCH, Edits
from proxy.model.message import RequestHead
from shadow.copy import MARK, Copy
from shadow.model import Answer

_TextHeaders = tuple[tuple[str, str], ...]


def edited(copy: Copy, edits: Iterable[Edits], started_at: float) -> Copy:
    """``started_at`` is the Unix time at which the client's request came."""
    for one in edits:
        copy = _edited(copy, one, started_at)
    return copy


def hangs_on_conditions(head: RequestHead, answer: Answer) -> bool:
    """Whether the answer is what it is because of what the client has already: no copy without those conditions has its like."""
    names = {name.lower().decode("latin-1") for name, _ in head.headers}
    # RFC 9110 section 13.2.2: 304 and 412 come of conditions, and an If-Range that does not hold makes a Range nothing.
    if names >= {"if-range", "range"} and answer.status == 200:
        return True
    return bool(names & CONDITIONAL) and answer.status in {304, 412}


def _edited(copy: Copy, edits: Edits, started_at: float) -> Copy:
    headers = copy.headers
    dropped = {name.lower() for name in edits.drop}
    if dropped:
        headers = tuple((name, value) for name, value in headers if name.lower() not in dropped)
    for name, value in edits.set:
        headers = _with(headers, name, _moment(value.text, started_at) if not value.secret else value.text)
    if edits.host is not None:
        headers = _with_host(headers, edits.host)
    target = copy.target if edits.prefix is None else _moved(copy.target, *edits.prefix)
    return replace(copy, headers=headers, target=target)


def _moment(text: str, started_at: float) -> str:
    if text == STARTED_AT:
        return datetime.fromtimestamp(started_at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return str(int(started_at)) if text == STARTED_AT_EPOCH else text


def _with(headers: _TextHeaders, name: str, value: str) -> _TextHeaders:
    """One line of that name, where the first one was, else the last before our mark."""
    lower = name.lower()
    at = next((index for index, (given, _) in enumerate(headers) if given.lower() == lower), None)
    if at is None:
        at = headers.index(MARK)
    before, after = headers[:at], headers[at:]
    return (*before, (name, value), *(line for line in after if line[0].lower() != lower))


def _with_host(headers: _TextHeaders, host: str) -> _TextHeaders:
    if any(name.lower() == "host" for name, _ in headers):
        return tuple((name, host if name.lower() == "host" else value) for name, value in headers)
    return (("Host", host), *headers)


def _moved(target: str, old: str, new: str) -> str:
    """Whole segments, as sent: what is written in another way is another path."""
    path, mark, query = target.partition("?")
    old = old.rstrip("/")
    if path != old and not path.startswith(f"{old}/"):
        return target
    rest = path[len(old) :]
    return ((new.rstrip("/") + rest) or "/") + mark + query
