"""Which requests the admin port takes at all. A browser on this machine is a way in for every page it visits, and our own proxy is one for
all its users, so three doors are shut:

another host's name   an attacker's name that leads to 127.0.0.1 (DNS rebinding) makes our answers readable to the attacker's page
another site's form   a page may post to us without reading the answer
our own proxy         a backend that leads here would show the console to users, and to the shadow
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterable, Mapping

from console.address import Address

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})

_JSON = "application/json"

_FORMS = frozenset({"text/plain", "multipart/form-data", "application/x-www-form-urlencoded"})
"""What a page may send anywhere without being asked for first (Fetch, section 2.2.2)."""


_OUR_PROXY = re.compile(r"(^|[\s,])strangler-[0-9a-f]{8}($|[\s,(])")
"""In Via: the name that an instance of ours gives itself there."""


class Guard:
    """Pure. Each question is answered with what is wrong, or None. ``names`` are further names of the port, ``*.`` for any one label."""

    __slots__ = ("_admin", "_names")

    def __init__(self, admin: Address, names: Collection[str] = ()) -> None:
        self._admin = admin
        self._names = _LOOPBACK_NAMES | {name.lower().rstrip(".") for name in (admin.host, *names)} - {""}

    def bad_host(self, host: str | None) -> str | None:
        """``host`` is the Host header. A name must be ours; an address cannot be rebound, so any will do where we listen on all."""
        name = _without_port(host or "")
        if name in self._names or (self._admin.is_any and _is_address(name)):
            return None
        if not _is_address(name) and f"*.{name.partition('.')[2]}" in self._names:
            return None
        return (
            f"{host!r} is not a name of this admin port: ask for 127.0.0.1, localhost, the host given with --admin, a name in its "
            "certificate, or one given with --admin-name"
        )

    @staticmethod
    def proxied(via: Iterable[str], *, is_copy: bool) -> str | None:
        """A request of a user, or a copy of one, that came here through a backend of the table. ``via`` are all lines of that name:
        the first may be the client's."""
        if is_copy or _OUR_PROXY.search(", ".join(via)):
            return "this request came through the proxy: no backend may be the admin port"
        return None

    @staticmethod
    def foreign_post(headers: Mapping[str, str]) -> str | None:
        """Browsers say where a request comes from; programs say nothing, and cannot be tricked."""
        site = headers.get("Sec-Fetch-Site")
        if site not in {None, "same-origin", "none"}:
            return f"a request from another site ({site}) changes nothing here"
        if site == "same-origin":
            return None
        # Older browsers do not say; then only a form's media types could come from elsewhere without being asked for first.
        media = headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if media in _FORMS or (_has_body(headers) and media != _JSON):
            return "send application/json, or no body and no media type at all"
        origin = headers.get("Origin")
        if site is None and origin is not None and _host_of(origin) != headers.get("Host", "").lower():
            return f"a request from another origin ({origin}) changes nothing here"
        return None


def _has_body(headers: Mapping[str, str]) -> bool:
    return headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in headers


def _host_of(origin: str) -> str:
    return origin.partition("://")[2].lower()


def _without_port(host: str) -> str:
    """The name in a Host header, lower case, without brackets."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
