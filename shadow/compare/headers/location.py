"""``location`` and ``content-location``: a backend's own address counts as "here", so ``http://10.0.0.7:9000/x`` sent by that backend is
``/x``."""

from __future__ import annotations

from urllib.parse import urlsplit


class LocationSense:
    names = ("location", "content-location")

    def sense(self, lines: tuple[str, ...], origins: tuple[str, ...]) -> tuple[str, ...]:
        own = origins_of(origins)
        return tuple(relative(line, own) for line in lines)


def origins_of(urls: tuple[str, ...]) -> set[str]:
    return {_origin(url) for url in urls}


def relative(url: str, own: set[str]) -> str:
    """``url`` without its origin, if that is one of ``own``."""
    origin = _origin(url)
    if not origin or origin not in own:
        return url
    rest = url[url.index("//") + 2 :]
    start = min((at for at in map(rest.find, "/?#") if at >= 0), default=len(rest))
    path = rest[start:]
    return path if path.startswith("/") else f"/{path}"


def _origin(url: str) -> str:
    """Scheme, host and port in lower case with the port written out; empty if this is no absolute http URL."""
    if "//" not in url:  # urlsplit leaves out tabs, and would find one in ``http:/<tab>/``
        return ""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:  # a URL that cannot be read is nobody's address
        return ""
    return f"{parts.scheme}://{parts.hostname}:{port}" if parts.hostname and port else ""


SENSE = LocationSense()
