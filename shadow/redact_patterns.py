"""Secrets that can be recognised by the look of them, wherever they stand in a text. Pure; every pattern takes linear time."""

from __future__ import annotations

import re
from typing import Final

from proxy.model.secret_names import looks_like_card
from shadow.redact_markup import redact_markup
from shadow.redact_types import Hide

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
    for pattern in (*PATTERNS.values(), *hide.rules.compiled()):
        text = _replace(pattern, text, hide)
    return text


def _replace(pattern: re.Pattern[str], text: str, hide: Hide) -> str:
    pieces: list[str] = []
    at = 0
    for found in pattern.finditer(text):
        groups = found.groupdict()
        if "name" in groups and not hide.names(groups["name"]):
            continue
        if "card" in groups and not looks_like_card(groups["card"]):
            continue
        start, end = found.span("secret") if "secret" in groups else found.span()
        if start < at:
            continue
        pieces += (text[at:start], hide(text[start:end]))
        at = end
    return "".join((*pieces, text[at:])) if at else text
