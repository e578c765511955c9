"""The keys of ``shadow``: which requests are copied, and what is changed in what the shadow sends."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from proxy.model.edits import MOMENTS, NEVER_SENT, Value
from proxy.table.entry import Entry
from proxy.table.mistakes import did_you_mean, quoted
from proxy.table.scalars import Substituted
from proxy.table.values import (
    BackendName,
    ContentsWord,
    CookiesWord,
    Duration,
    Reason,
    Share,
    Size,
    Token,
    WritesWord,
    wrong,
)
from proxy.target import is_host

MAX_EDITS: Final = 64
MAX_VALUE: Final = 4 * 1024

_WORD = re.compile(r"\$[a-z][a-z0-9_]*")
_UNSENDABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")


def _header_name(name: str) -> str:
    if name.lower() in NEVER_SENT:
        raise wrong(f"{quoted(name)} is not yours to change: it belongs to one hop, or to us", "remove it")
    if name.lower() == "host":
        raise wrong("a request needs exactly one Host", "write host: orders.internal beside set, for one of the sides")
    return name


def _header_value(value: Any) -> Value:
    """No message quotes it: it may be a secret."""
    if not isinstance(value, str):
        raise PydanticCustomError("strangler_text", "text is wanted", {"example": '"42"'})
    secret = isinstance(value, Substituted)
    if len(value) > MAX_VALUE:
        raise wrong("this value is too long", f"a header's value has at most {MAX_VALUE} characters here")
    if _UNSENDABLE.search(value):
        help_ = "remove it; a variable that was read from a file often ends in one"
        raise wrong("this value holds a line break or another control character", help_)
    if value != value.strip(" \t"):
        raise wrong("this value begins or ends with a blank, which HTTP takes away", "remove it")
    if not secret and _WORD.fullmatch(value) and value not in MOMENTS:
        help_ = did_you_mean(value, MOMENTS) or f"there are {' and '.join(MOMENTS)}; variables are written ${{NAME}}"
        raise wrong(f"{quoted(value)} stands for nothing", help_)
    return Value(str(value), secret)


def _host(text: str) -> str:
    if not is_host(text.encode()):
        raise wrong(f"{quoted(text)} is not what a Host header may say", "write a name, with a port if it has one")
    return text


def _prefix(text: str) -> str:
    if not re.fullmatch(r"/[\x21-\x7e]*", text) or "?" in text or "#" in text:
        raise wrong(
            f"{quoted(text)} is not the beginning of a path", "a prefix begins with /, as in { from: /api, to: /v2 }"
        )
    return text


HeaderName = Annotated[Token, BeforeValidator(lambda name: _header_name(name) if isinstance(name, str) else name)]
HeaderValue = Annotated[
    Value,
    PlainValidator(_header_value),
    WithJsonSchema({"type": "string", "maxLength": MAX_VALUE, "examples": ["42", *MOMENTS]}),
]
Host = Annotated[str, AfterValidator(_host)]
Prefix = Annotated[str, AfterValidator(_prefix)]


class EditKeys(Entry):
    set: Annotated[dict[HeaderName, HeaderValue], Field(max_length=MAX_EDITS)] = {}
    """Headers by name, in place of all of that name. $started_at stands for the moment of the client's request, $started_at_epoch for
    the same in Unix seconds."""
    drop: Annotated[list[HeaderName], Field(max_length=MAX_EDITS)] = []
    """Headers that are left out."""


class PrefixKeys(Entry):
    from_: Annotated[Prefix, Field(alias="from")]
    """How paths begin here, whole segments: /api takes /api and /api/1, not /apis."""
    to: Prefix
    """How they begin there."""


class SideEditKeys(EditKeys):
    host: Host | None = None
    """The Host that this side is asked for. Default: the client's."""
    prefix: PrefixKeys | None = None
    """A path prefix that is another one on this side."""


class RequestKeys(Entry):
    both: EditKeys | None = None
    """What holds for both sides. What it sets or drops pins the pair: the side that answered the client is asked again under it."""
    control: SideEditKeys | None = None
    """What holds for legacy, after both."""
    candidate: SideEditKeys | None = None
    """What holds for the new side, after both."""


class DefaultShadowKeys(Entry):
    requests: RequestKeys | None = None
    """Changes to what the shadow sends, for all routes. A route's both, control or candidate takes the place of the one here."""
    keep: ContentsWord | None = None
    """What is kept of pairs, where a route says nothing else: redacted, structure or nothing. Default redacted."""


class ShadowKeys(Entry):
    sample: Share
    """Share of the requests that are copied to the other side. Required."""
    unsafe: Reason | None = None
    """Copy other methods than GET and HEAD too; the text says why a repeat is harmless."""
    candidate: BackendName | None = None
    """The new backend that is judged. Needed where the split does not tell."""
    timeout: Duration = 5.0
    """Longest wait for the copy's answer. Default 5s."""
    max_request: Size = 256 * 1024
    """A larger request body is not copied (and counted). Default 256KiB."""
    max_answer: Size = 1024 * 1024
    """A larger answer body is not compared (and counted). Default 1MiB."""
    repeat: Share = 0.02
    """Share of the safe copies for which the control is asked once more, to learn where it disagrees with itself. Default 2%."""
    requests: RequestKeys | None = None
    """Changes to what the shadow sends. Default: from defaults."""
    writes: WritesWord = "never"
    """never: writes are not copied, unless by unsafe. read-after-write: nor are they, but what their user reads within the window is, whatever
    the sample. Default never."""
    window: Duration | None = None
    """How long after a write reads are copied. Default 30s."""
    cookies: CookiesWord = "client"
    """client: copies carry the client's cookies. jar: in place of those of the same names, what their side has set for this user. Default client."""
    keep: ContentsWord | None = None
    """redacted: pairs are kept without their secrets. structure: only names, types and lengths of them. nothing: only outcome and signature.
    Default: from defaults, else redacted."""
