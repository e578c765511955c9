"""Secrets that can be recognised by the look of them, wherever they stand in a text. Pure; every pattern takes linear time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from proxy.model.secret_names import looks_like_card
from shadow.redact.hide import Hide
from shadow.redact.markup import redact_markup
from shadow.redact.spelled import readings

PATTERNS: Final = {
    "private keys": re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END|\Z)", re.DOTALL),
    "JSON Web Tokens, and other base64 of JSON": re.compile(
        r"(?<![\w-])(?:eyJ|eyAi|ewog|ewoJ|ew0K|IHsi|W3si|W1si|WyJ)[\w-]{8,}+(?:(?:\.[\w-]*){1,4}|[\w+/-]*={0,2})"
    ),
    "credentials behind their scheme": re.compile(
        r"\b(?i:bearer|basic|negotiate|token)[ \t]+(?=(?P<secret>(?=[a-z]*[A-Z0-9._~+/=-])[A-Za-z0-9._~+/=-]{8,}))"
    ),
    "keys of well-known makers": re.compile(
        r"\b(?:(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeprs]-[\w-]{10,}"
        r"|[prs]k_(?:live|test)_\w{10,}|AIza[\w-]{30,})"
    ),
    "passwords in addresses": re.compile(r"://[^\s/@:\"'<>]{1,100}:(?P<secret>[^\s/@\"'<>]{1,200})@"),
    "card numbers": re.compile(r"(?<![\w.-])(?P<card>[3-6]\d{3}(?:[ -]?\d){9,15})(?![\w-])"),
    "assignments to secret names": re.compile(
        r"(?<![\w.-])(?P<name>[A-Za-z_][\w.-]{1,60})[\"'\]]{0,2}(?:[ \t]{0,3}[:=][ \t]{0,3}[\"']?"
        r"|[ \t]{1,3}(?:(?:is|was)[ \t]{1,3})?[\"'])"
        r"(?=(?P<secret>(?<=\")[^\"\r\n]{1,500}|(?<=')[^'\r\n]{1,500}|[^\s\"'&;,<>{}\[\]]{1,500}))"
    ),
    "elements of secret names": re.compile(
        r"<(?:[\w.-]{1,40}:)?(?P<name>[A-Za-z_][\w.-]{0,60})(?:\s[^<>]{0,500})?>(?=(?P<secret>[^<]{1,2000}))"
    ),
    "fields of HTML forms with secret names": re.compile(
        r"\bname=[\"']?(?P<name>[\w.\[\]-]{1,60})[\"']?[^<>]{0,200}?\bvalue=[\"']?(?=(?P<secret>[^\s\"'<>]{1,500}))"
    ),
}
"""What is recognised. ``secret`` is what gets replaced (else all of it), ``name`` must be a secret name, ``card`` must add up."""


def redact_text(text: str, hide: Hide) -> str:
    if "<" in text:  # first: the patterns find no more than what stands on one line
        text = redact_markup(text, hide)
    found = {span: text[slice(*span)] for span in _secrets(text, hide)}
    for reading in readings(text):
        for start, end in _secrets(reading.text, hide):
            found[reading.span(start, end)] = reading.text[
                start:end
            ]  # a secret is what it reads, so that equal ones stay equal
    return _without(text, found, hide) if found else text


def _secrets(text: str, hide: Hide) -> Iterator[tuple[int, int]]:
    """Where what is recognised stands. All look at the same text: what one has hidden, the next would not recognise."""
    for pattern in PATTERNS.values():
        for found in pattern.finditer(text):
            groups = found.groupdict()
            if "name" in groups and not hide.names(groups["name"]):
                continue
            if "card" in groups and not looks_like_card(groups["card"]):
                continue
            yield found.span("secret") if "secret" in groups else found.span()
    for pattern in hide.rules.compiled():
        # Whatever else its groups are called, only this name means something; and what took no part in a match hides nothing.
        secret = "secret" if "secret" in pattern.groupindex else 0
        for found in pattern.finditer(text):
            span = found.span(secret) if found[secret] is not None else found.span()
            if span[0] < span[1]:
                yield span


def _without(text: str, found: dict[tuple[int, int], str], hide: Hide) -> str:
    """Of several that overlap all are hidden as one; each may stand elsewhere by itself."""
    pieces: list[str] = []
    stands_in = {span: hide(secret) for span, secret in found.items()}
    shown = 0
    for start, end in _joined(sorted(found)):
        pieces += (text[shown:start], stands_in.get((start, end)) or hide(text[start:end]))
        shown = end
    return "".join((*pieces, text[shown:]))


def _joined(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    first, last = spans[0]
    for start, end in spans[1:]:
        if start >= last:
            yield first, last
            first, last = start, end
        else:
            last = max(last, end)
    yield first, last
