"""Whose session a copy belongs to, and the cookies that go along with it. Pure."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import Final

from yarl import URL

from proxy.model.message import Headers, RequestHead
from shadow.copy import MARK, Copy
from shadow.model import Answer

Sources = tuple[tuple[str, str], ...]
"""What a user is recognised by, in order: ``cookie`` or ``header``, and its name."""

_SENT_AWAY: Final = frozenset({301, 302, 303, 307, 401, 403})
"""How a side answers somebody who is not logged in."""


def identity_after(sources: Sources, head: RequestHead, primary: Answer, identity: str) -> str:
    """Whom the client's next request will be taken for: who logs in is given another session, and who comes for the first time, one."""
    given = _set_by(primary)
    for kind, name in sources:
        if kind == "header":
            if head.first(name.lower().encode()):
                return identity
        elif (value := given.get(name)) is not None:
            if value:
                return value
        elif any(one.partition("=")[0] == name for one in _pairs((head.cookie or b"").decode("utf-8", "replace"))):
            return identity
    return identity


def set_cookies(headers: Headers) -> list[str]:
    """The Set-Cookie fields that are text."""
    lines = []
    for name, value in headers:
        if name.lower() == b"set-cookie":
            try:
                lines.append(value.decode())
            except UnicodeDecodeError:
                continue
    return lines


def url_of(copy: Copy) -> URL | None:
    """Where the side believes to be asked, by the scheme that the client used; None if that is no URL."""
    scheme = next((value for name, value in copy.headers if name.lower() == "x-forwarded-proto"), "http")
    host = next((value for name, value in copy.headers if name.lower() == "host"), "")
    path = copy.target.partition("?")[0]
    try:
        url = URL.build(scheme=scheme, authority=host, path=path if path.startswith("/") else "/", encoded=True)
        return url if url.host else None
    except ValueError:
        return None


def with_cookies(copy: Copy, cookies: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """The copy's headers with these cookies in place of the client's of the same names; all others stay."""
    ours = [f"{name}={value}" for name, value in cookies.items()]
    headers: list[tuple[str, str]] = []
    for line in copy.headers:
        name, value = line
        if name.lower() == "cookie":
            kept = [one for one in _pairs(value) if one.partition("=")[0].strip() not in cookies] + ours
            ours = []
            if kept:
                headers.append((name, "; ".join(kept)))
        elif line == MARK and ours:
            headers += [("Cookie", "; ".join(ours)), line]
        else:
            headers.append(line)
    return tuple(headers)


def is_sent_away(primary: Answer, result: Answer) -> bool:
    """Whether the side took for a stranger whom the other one knew."""
    return primary.status < 300 and result.status in _SENT_AWAY


def _pairs(line: str) -> list[str]:
    # RFC 6265 section 4.2.1. Not parsed: what is not ours must arrive as it came.
    return [one.strip(" ") for one in line.split(";") if one.strip(" ")]


def _set_by(answer: Answer) -> dict[str, str]:
    """The values of cookies that an answer sets, empty for those that it deletes."""
    given: dict[str, str] = {}
    for line in set_cookies(answer.headers):
        try:
            cookies = SimpleCookie(line)
        except CookieError:
            continue
        for name, morsel in cookies.items():
            gone = morsel["max-age"].strip().startswith(("0", "-"))
            given[name] = "" if gone else morsel.coded_value
    return given
