"""Attributes of HTML: what must differ from answer to answer, and what is written in several ways. Pure.

A random value becomes its kind in brackets, as in ``(nonce)``. That it is there, and that it looks random, still counts: an
empty token, or the word ``undefined``, stays what it is.
"""

from __future__ import annotations

import re
from typing import Final

_RANDOM: Final = re.compile(
    r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9+/=_.:|~-]{8,}|(?=.*[a-z])(?=.*[A-Z])[A-Za-z+/=_.:|~-]{16,}|[0-9]{8,}"
)
_TOKEN_NAME: Final = re.compile(
    r".*(?:csrf|xsrf).*|authenticity[_-]?token|__requestverificationtoken|_token|form_?token|form_build_id|_wpnonce|(?:csp-)?nonce",
    re.IGNORECASE,
)
_CSP_NONCE: Final = re.compile(r"'nonce-[^']{8,}'", re.IGNORECASE)
_INTEGRITY: Final = re.compile(r"\b(sha(?:256|384|512))-[A-Za-z0-9+/=_-]{40,}")

_ASSET_TAGS: Final = frozenset({"link", "script", "img", "source", "use", "image"})
_ASSET_ATTRIBUTES: Final = frozenset({"src", "href", "srcset", "imagesrcset", "data-src", "xlink:href"})
_CODE: Final = r"\.(?:m?js|css|map|json|wasm|woff2?|ttf|otf|eot|webmanifest)\b"
_PICTURE: Final = r"\.(?:png|jpe?g|gif|svg|webp|avif|ico)\b"
_HEX: Final = r"(?=[0-9a-f]{0,63}[0-9])(?=[0-9]{0,63}[a-f])[0-9a-f]"
_MIXED: Final = r"(?=[\w-]{0,23}[0-9][A-Za-z_-])(?=[\w-]{0,23}[A-Z])"
_HASH: Final = re.compile(
    rf"(?:(?<=[.\-_/])(?<![0-9a-fA-F]{{4}}-)(?:{_HEX}{{7,64}}|{_MIXED}[A-Za-z0-9]{{8,24}})|(?<=\w-){_MIXED}[\w-]{{8}})"
    rf"(?=(?:\.(?:min|bundle|chunk|module|legacy))?{_CODE})"
    # A picture's name may be all that tells it from another, so there only what build tools write is taken for a hash.
    rf"|(?:(?<=\w\.){_HEX}{{8,32}}|(?<=\w-){_HEX}{{20,64}})(?={_PICTURE})",
    re.ASCII,
)
_ASSET: Final = re.compile(rf".*(?:{_CODE}|{_PICTURE})\Z", re.DOTALL)
_VERSION: Final = re.compile(r"(?:(?<=^)|(?<=&))((?:v|ver|version|h|hash|rev|cb|t|ts|_)=)[\w.-]+")

_VERSION_SHAPE: Final = r"\1(hash)"
_MAX_URL: Final = 4096
"""Characters; longer ones are data, not names."""

_BOOLEAN: Final = frozenset(
    {
        "allowfullscreen", "async", "autofocus", "autoplay", "checked", "controls", "default", "defer",
        "disabled", "formnovalidate", "hidden", "inert", "ismap", "itemscope", "loop", "multiple", "muted",
        "nomodule", "novalidate", "open", "playsinline", "readonly", "required", "reversed", "selected",
    }
)  # fmt: skip
_TOKEN_SETS: Final = frozenset({"class", "rel"})


def attribute(tag: str, name: str, value: str, others: dict[str, str]) -> str:
    """The value of an attribute as it is compared. ``others`` are all attributes of the element."""
    if name in _BOOLEAN:
        return ""
    if name in _TOKEN_SETS:
        return " ".join(sorted(set(value.split())))
    if name == "nonce":
        return _hidden(value, "(nonce)")
    if name == "integrity":
        return _INTEGRITY.sub(r"\1-(hash)", value)
    if name in _ASSET_ATTRIBUTES and tag in _ASSET_TAGS:
        return _asset(value) if len(value) <= _MAX_URL else value
    if tag in {"input", "meta"} and name in {"value", "content"}:
        return _field(value, others)
    return value


def _asset(url: str) -> str:
    url = _HASH.sub("(hash)", url)
    path, mark, query = url.partition("?")
    return f"{path}?{_VERSION.sub(_VERSION_SHAPE, query)}" if mark and _ASSET.match(path) else url


def _field(value: str, others: dict[str, str]) -> str:
    if others.get("http-equiv", "").lower() == "content-security-policy":
        return _CSP_NONCE.sub("'nonce-(nonce)'", value)
    name = others.get("name", "")
    return _hidden(value, "(token)") if name and _TOKEN_NAME.fullmatch(name[:80]) else value


def _hidden(value: str, shape: str) -> str:
    return shape if _RANDOM.fullmatch(value[:4096]) else value
