"""Takes secrets out of whatever is going to be kept (promise 7). Pure; the key is an argument.

A secret becomes ``redacted-`` and a keyed hash: equal values stay equal, so a difference stays visible, and without the key
nobody can try out values. It fails closed: what cannot be redacted is replaced, and ``failed`` says that nothing of its pair may be kept.
"""

from __future__ import annotations

import hashlib
import json
import re
import traceback
from collections.abc import Callable, Iterable
from pathlib import PurePath
from typing import Final, TypeVar

from proxy.model.message import Headers
from proxy.model.path import parse_path
from proxy.model.printable import printable
from proxy.model.redact import NO_RULES, RedactRules
from shadow.compare.charset import read_text
from shadow.compare.coding import Unreadable, Unsupported, decoded
from shadow.compare.media import Media, media_of
from shadow.model import Difference
from shadow.redact.form import redact_form, redact_multipart, redact_target, redact_value
from shadow.redact.hide import Hide
from shadow.redact.identity import hashed_identity, key_mark
from shadow.redact.json_text import looks_like_json, redact_json
from shadow.redact.known import Known, unquoted
from shadow.redact.paths import redact_paths
from shadow.redact.patterns import redact_text
from shadow.redact.table import TABLES, redact_table
from shadow.store.records import StoredBody, TextHeaders

MAX_BODY: Final = 64 * 1024
"""Characters of a body that are kept."""

MAX_DECODED: Final = 8 * 1024 * 1024
MAX_VALUE: Final = 4 * 1024

_RANDOM: Final = 12

_MARGIN: Final = 4 * 1024
"""Characters read beyond a cut, so that a secret that lies across it is seen whole."""

_BINARY_TYPES: Final = (
    "image/",
    "audio/",
    "video/",
    "font/",
    "application/octet-stream",
    "application/pdf",
    "application/zip",
)
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
HIDDEN: Final = re.compile(r"redacted-[0-9a-f]{10}")
"""What a secret became."""

_SHORTEST: Final = 6
"""Characters of a credential that is looked for: a shorter one is in every text by chance."""

_ENOUGH: Final = 32
_REST: Final = r"[^\s\"'<>&;,]*"
_MOST_KNOWN: Final = 1024

_STEP: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[^.\[\]"]+')
_WORD: Final = re.compile(r'"?[@#]?[A-Za-z_-]{1,40}"?|[0-9]{1,9}|\*{1,2}|\$')
"""A step that can stand below a secret one: a plain name, an index, a wildcard."""

_FAILED: Final = "not kept: it could not be redacted"

MAX_SECONDS: Final = 2.0
"""Of one pair's redaction. Every pattern takes linear time, but a table may have many of them."""

T = TypeVar("T")
Clock = Callable[[], float]


def _never() -> float:
    return 0.0


class Redactor:
    """``secret`` is the installation's key: what was hidden under one key looks different under another."""

    __slots__ = ("_clock", "_found", "_hide", "_key", "_known", "_mask", "_until", "failed")

    def __init__(self, secret: bytes) -> None:
        self.failed = ""
        """What went wrong first, without any contents: then nothing may be kept of what was to be redacted."""
        self._clock: Clock = _never
        self._until = 0.0
        self._key = hashlib.blake2b(secret, person=b"strangler redact").digest()
        self._known: tuple[str, ...] = ()
        self._mask: re.Pattern[str] | None = None
        self._found: Known | None = None
        self._hide = Hide(self.hide)

    def under(self, rules: RedactRules, clock: Clock = _never, seconds: float = MAX_SECONDS) -> Redactor:
        """One that hides what ``rules`` say, too, and fails after ``seconds`` of ``clock``."""
        one = Redactor.__new__(Redactor)
        one._hide, one.failed = Hide(one.hide, rules), ""
        one._key, one._known, one._mask, one._found = self._key, self._known, self._mask, None
        one._clock, one._until = clock, clock() + seconds
        return one

    def of_pair(
        self, identity: str, rules: RedactRules = NO_RULES, clock: Clock = _never, seconds: float = MAX_SECONDS
    ) -> Redactor:
        """One that also hides what it has hidden once, and ``identity``, wherever it stands: ``learn_from`` all messages first."""
        one = self.under(rules, clock, seconds)
        one._found = Known()
        one._found.add(identity)
        return one

    def identity(self, identity: str) -> str:
        """By which the pairs of ``identity`` are found again; it begins with ``key_mark``."""
        return hashed_identity(self._key, identity)

    @property
    def key_mark(self) -> str:
        return key_mark(self._key)

    def learn_from(self, headers: Headers, target: str = "", body: bytes = b"") -> None:
        self.headers(headers)
        self.target(target)
        self.body(headers, body)

    def hide(self, value: str) -> str:
        if HIDDEN.fullmatch(value):
            return value
        if self._found is not None:
            self._found.add(value)
        return self._hashed(value)

    def _hashed(self, value: str) -> str:
        digest = hashlib.blake2b(value.encode("utf-8", "surrogatepass"), key=self._key, digest_size=5)
        return f"redacted-{digest.hexdigest()}"

    def learn(self, values: Iterable[str]) -> None:
        """Credentials of our own, that a backend may echo: from now on hidden wherever they stand."""
        words = [word for value in values for word in _secret_words(value)]
        known = tuple(dict.fromkeys((*self._known, *words)))[-_MOST_KNOWN:]
        if known != self._known:
            self._known = known
            # Longest first. Of a long one the beginning is enough: it may be cut.
            written = sorted({*known, *(json.dumps(word)[1:-1] for word in known)}, key=len, reverse=True)
            self._mask = re.compile(
                "|".join(re.escape(word[:_ENOUGH]) + (_REST if len(word) > _ENOUGH else "") for word in written)
            )

    def _masked(self, text: str) -> str:
        return text if self._mask is None else self._mask.sub(lambda found: self.hide(found[0]), text)

    def text(self, text: str) -> str:
        """A short text from a stranger: a request id, an error."""
        return self._closed(
            lambda: _cut(printable(self._swept(redact_text(self._masked(text[: MAX_VALUE + _MARGIN]), self._hide)))),
            "redacted",
        )

    def path(self, path: str) -> str:
        """Where something differs. Names of members may be secrets too: those known, and below a secret one all that are no words."""
        return self._closed(
            lambda: printable(self._swept(redact_text(self._masked(self._below_secrets(path)), self._hide))),
            "(redacted)",
        )

    def _below_secrets(self, path: str) -> str:
        if not self._is_secret_path(path):
            return path
        end = next((found.end() for found in _STEP.finditer(path) if self._hide.names(found[0])), len(path))
        return path[:end] + _STEP.sub(
            lambda step: step[0] if _WORD.fullmatch(step[0]) else self.hide(unquoted(step[0])), path[end:]
        )

    def target(self, target: str) -> str:
        return self._closed(
            lambda: _cut(
                printable(self._swept(redact_target(self._masked(target[: MAX_VALUE + _MARGIN]), self._hide)))
            ),
            "redacted",
        )

    def headers(self, headers: Headers) -> TextHeaders:
        return tuple(
            (self.text(_decoded(name)), self.header(_decoded(name), _decoded(value))) for name, value in headers
        )

    def body(self, headers: Headers, body: bytes) -> StoredBody:
        """Decoded, redacted, cut to MAX_BODY. What is not text is not kept; its keyed hash tells equal from different."""
        return self._closed(lambda: self._body(headers, body), StoredBody("", len(body), _FAILED))

    def difference(self, difference: Difference) -> Difference:
        """The same difference with nothing secret in its path and its values."""
        return self._closed(lambda: self._difference(difference), Difference("(redacted)", difference.kind, None, None))

    def header(self, name: str, value: str) -> str:
        return self._closed(
            lambda: _cut(
                printable(self._swept(self._header_value(name.lower(), self._masked(value[: 4 * MAX_VALUE]))))
            ),
            "redacted",
        )

    def _header_value(self, name: str, value: str) -> str:
        match name:
            case "cookie":
                return "; ".join(self._cookie(pair) for pair in value.split("; "))
            case "set-cookie":
                pair, semicolon, attributes = value.partition(";")
                return self._cookie(pair) + semicolon + redact_text(attributes, self._hide)
            case "authorization" | "proxy-authorization":
                scheme, space, rest = value.partition(" ")
                if self._found is not None and scheme.lower() == "basic":
                    self._found.add_basic(rest.strip())
                return f"{scheme} {self.hide(rest)}" if space else self.hide(value)
            case "referer" | "location" | "content-location":
                return redact_target(value, self._hide)
            case _:
                return self.hide(value) if self._hide.names_header(name) else redact_value(value, self._hide)

    def _cookie(self, pair: str) -> str:
        name, equals, value = pair.partition("=")
        if not equals:
            return self.hide(pair)
        shown = redact_text(name, self._hide)
        # Every cookie's value is hidden; only what can hardly be a word is looked for elsewhere.
        telling = self._hide.names(name) or (len(value) >= _RANDOM and any(char.isdigit() for char in value))
        return f"{shown}={self.hide(value) if telling else self._hashed(value)}"

    def _body(self, headers: Headers, body: bytes) -> StoredBody:
        size = len(body)
        try:
            plain = decoded(body, headers, MAX_DECODED)
        except Unreadable:
            return StoredBody("", size, "not kept: its content coding cannot be undone")
        except Unsupported:  # the messages quote names of codings, which may be anything
            return StoredBody("", size, "not kept: its content coding is not supported, or it is too large without it")
        media = media_of(headers)
        whole = read_text(plain, media.charset, json_body=media.is_json).text
        if media.type.startswith(_BINARY_TYPES) or _CONTROLS.search(whole, 0, MAX_BODY):
            return StoredBody("", size, f"not text, not kept; as a whole it is {self.hide(plain.decode('latin-1'))}")
        text = self._swept(self._by_type(self._masked(whole[: MAX_BODY + _MARGIN]), media))[:MAX_BODY]
        note = f"cut: the first {MAX_BODY} of {len(whole)} characters" if len(whole) > MAX_BODY else None
        return StoredBody(text, size, note)

    def _by_type(self, text: str, media: Media) -> str:
        hide = self._hide
        if hide.rules.paths:
            if media.is_json or looks_like_json(text):
                text = redact_paths(text, hide)
            else:
                hide = Hide(self.hide, hide.rules.with_last_names())
        if media.type == "application/x-www-form-urlencoded":
            return redact_form(text, hide)
        boundary = dict(media.parameters).get("boundary")
        if media.type.startswith("multipart/") and boundary:
            return redact_multipart(text, boundary, hide)
        if media.is_json or looks_like_json(text):
            return redact_json(text, hide)
        return redact_table(text, hide) if media.type in TABLES else redact_text(text, hide)

    def _difference(self, difference: Difference) -> Difference:
        secret = self._is_secret_path(difference.path)
        control, candidate = (
            None if value is None else self._value(value, difference.path, secret=secret)
            for value in (difference.control, difference.candidate)
        )
        general = None if difference.general is None else self.path(difference.general)
        return Difference(self.path(difference.path), difference.kind, control, candidate, general)

    def _value(self, value: str, path: str, *, secret: bool) -> str:
        if secret:
            return self.hide(unquoted(value))
        if self._hide.rules.paths and path.startswith("$"):
            value = redact_paths(value, self._hide, parse_path(path))
        value, known = self._masked(value), self._found
        return printable(redact_json(value if known is None else known.swept_value(value, self._hashed), self._hide))

    def _is_secret_path(self, path: str) -> bool:
        """Whether a place lies in, or below, something of a secret name, or that a rule hides."""
        if path.startswith("$"):
            steps = parse_path(path)
            named = any(isinstance(step, str) and self._hide.names(step) for step in steps)
            return named or self._hide.rules.at(steps)
        return path.startswith("header:") and self._hide.names_header(path.removeprefix("header:"))

    def _swept(self, text: str) -> str:
        return text if self._found is None else self._found.swept(text, self._hashed)

    def _closed(self, redact: Callable[[], T], otherwise: T) -> T:
        try:
            if self._clock() > self._until:
                raise TimeoutError
            return redact()
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the secret must not get out: neither kept nor logged
            self.failed = self.failed or _where(error)
            return otherwise


def _decoded(piece: bytes) -> str:
    return piece.decode("utf-8", "backslashreplace")


def _cut(text: str) -> str:
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…"


def _where(error: Exception) -> str:
    """The message may quote what was to be hidden."""
    if isinstance(error, TimeoutError):
        return "it took too long"
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {PurePath(place.filename).name}, line {place.lineno}"


def _secret_words(value: str) -> list[str]:
    """Each word of it; among several, not those that are only letters, as ``Bearer``."""
    words = value.split()
    return [word for word in words if len(word) >= _SHORTEST and not (len(words) > 1 and word.isalpha())]
