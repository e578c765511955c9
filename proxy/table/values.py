"""What a single value of routes.yaml may be: one type for each, with its check, its words and its JSON Schema."""

from __future__ import annotations

import functools
import ipaddress
import math
import re
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from proxy.model.keep import Contents
from proxy.model.normalise import NORMALISERS
from proxy.model.path import BadPath, check_ignore_path, parse_path
from proxy.model.redact import LONGEST_NAME
from proxy.model.resilience import Mode, RateKey, RetryWhen
from proxy.model.table import KINDS, Cookies, Endpoint
from proxy.table import scalars
from proxy.table.address import is_host, parse_address
from proxy.table.automaton import Dangerous
from proxy.table.mistakes import did_you_mean, quoted
from proxy.table.regex import check_regex
from proxy.table.scalars import VARIABLE_PATTERN, Malformed, Substituted

MAX_WEIGHT: Final = 1_000_000
MAX_COPY: Final = 16 * 1024 * 1024
"""Bytes of one body that a copy may hold: request and answer together must fit into one frame of the tap."""

READ_AFTER_WRITE: Final = "read-after-write"

MAX_SIZE: Final = 1024**4

TOKEN_PATTERN: Final = r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"  # noqa: S105 - RFC 9110 section 5.6.2 calls names tokens


def wrong(message: str, help_: str | None = None) -> PydanticCustomError:
    """A mistake in our own words."""
    return PydanticCustomError("strangler", "{message}", {"message": message, "help": help_})


def _text(parse: Callable[[str], Any], example: str) -> PlainValidator:
    """Takes text, and gives what ``parse`` makes of it."""

    def validate(value: Any) -> Any:
        if not isinstance(value, str):
            raise PydanticCustomError("strangler_text", "text is wanted", {"example": example})
        try:
            return parse(value)
        except Malformed as error:
            raise wrong(str(error), error.help) from None
        except BadPath as error:
            raise wrong(str(error)) from None

    return PlainValidator(validate)


def _written(pattern: str, *examples: str) -> WithJsonSchema:
    return WithJsonSchema(
        {
            "anyOf": [{"type": "string", "pattern": pattern}, {"type": "string", "pattern": VARIABLE_PATTERN}],
            "examples": list(examples),
        }
    )


def _number_or_variable(kind: str, **bounds: Any) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [{"type": kind, **bounds}, {"type": "string", "pattern": VARIABLE_PATTERN}]})


def unwrapped(value: Any) -> Any:
    """A variable's value is a number or a boolean where one is wanted."""
    if not isinstance(value, Substituted):
        return value
    text = value.strip()
    if text in {"true", "false"}:
        return text == "true"
    if re.fullmatch(r"[-+]?[0-9]{1,18}", text):
        return int(text)
    try:
        return float(text)
    except ValueError:
        return str(value)


def _whole(low: int, high: int, *, weight: bool = False) -> BeforeValidator:
    def validate(value: Any) -> Any:
        value = unwrapped(value)
        if isinstance(value, bool) or not isinstance(value, int):
            help_ = "write a whole number; weights are relative: 1 and 19 are 5 % and 95 %"
            if isinstance(value, str) and re.fullmatch(r"[0-9]+ ?%", value):
                help_ = f"write {value.rstrip('% ')}: weights are relative whole numbers"
            raise wrong(f"{quoted(value)} is not a whole number", help_ if weight else "write a whole number")
        if not low <= value <= high:
            raise wrong(f"{value} is out of range", f"a whole number from {low} to {high}")
        return value

    return BeforeValidator(validate)


def _finite(what: str) -> BeforeValidator:
    def validate(value: Any) -> Any:
        value = unwrapped(value)
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
            or not 0 <= value < 1e18
        ):
            raise wrong(f"{quoted(value)} is not {what}", "write a number, 0 or more")
        return float(value)

    return BeforeValidator(validate)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Malformed(f"{quoted(text)} is not a day", "write year-month-day: 2027-03-31") from None


def _ready_target(text: str) -> float:
    value = scalars.share(text)
    if not 0 < value < 1:
        help_ = "write 99.9%: no number of equal answers shows that none will ever differ"
        raise Malformed(f"{text} cannot be reached by evidence", help_)
    return value


def _error_share(text: str) -> float:
    value = scalars.share(text)
    if value == 0:
        raise Malformed(f"{text} would open it at once", "write the share of failures that is too much: 50%")
    return value


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        raise Malformed(f"{quoted(text)} is not an address or a network", "write 10.0.0.0/8 or 192.0.2.7") from None


def _name(what: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not re.fullmatch(scalars.NAME_PATTERN, text):
            raise Malformed(
                f"{quoted(text)} cannot name a {what}", "a name holds letters, digits, and . _ - within; at most 100"
            )
        return text

    return parse


def _token(text: str) -> str:
    if not re.fullmatch(TOKEN_PATTERN, text):
        raise Malformed(f"{quoted(text)} is not a name that HTTP allows", "letters, digits and - are usual")
    return text


METHODS = (
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY", "ACL", "BIND", "CHECKOUT", "COPY", "LINK",
    "LOCK", "M-SEARCH", "MERGE", "MKACTIVITY", "MKCALENDAR", "MKCOL", "MOVE", "NOTIFY", "PROPFIND", "PROPPATCH",
    "PURGE", "REBIND", "REPORT", "SEARCH", "SOURCE", "SUBSCRIBE", "UNBIND", "UNLINK", "UNLOCK", "UNSUBSCRIBE",
)  # fmt: skip
"""What llhttp takes for a method, without those that are refused; a test compares it with the parser."""


def _method(text: str) -> str:
    if not re.fullmatch(TOKEN_PATTERN, text) or text != text.upper():
        raise Malformed(f"{quoted(text)} is not a method", f"methods are in capitals: {quoted(text.upper())}")
    if text in {"CONNECT", "TRACE"}:
        raise Malformed(f"{text} never reaches a route", "remove it: such requests are refused")
    if text not in METHODS:
        known = did_you_mean(text, METHODS) or f"known are {', '.join(METHODS[:7])} and those of WebDAV"
        raise Malformed(f"{text} never reaches a route: the parser knows no such method", known)
    return text


def _json_path(text: str) -> str:
    parse_path(text)
    return text


def _ignore_path(text: str) -> str:
    check_ignore_path(text)
    return text


def _value_path(text: str) -> str:
    check_ignore_path(text)
    if text in {"status", "body:charset"}:
        raise Malformed(f"{text} is no value that can be written in several ways", "write it under ignore")
    return text


def _pattern(text: str) -> str:
    try:
        check_regex(text)
    except Dangerous as error:
        raise Malformed(str(error), error.help) from None
    return text


def _secret_name(text: str) -> str:
    if not text.strip("*? ") or len(text) > LONGEST_NAME:
        raise Malformed(
            f"{quoted(text)} names nothing in particular", "write a name, with * for any text: email, *phone*"
        )
    return text


def _reason(text: str) -> str:
    if not text.strip():
        raise Malformed("this needs a text", "say in a few words why this is right")
    return text


def _file_path(text: str) -> str:
    if not text.strip() or "\0" in text:
        raise Malformed(f"{quoted(text)} is not the name of a file", "write the path of a PEM file")
    return text


def _host_name(text: str) -> str:
    if not is_host(text):
        raise Malformed(f"{quoted(text)} is not a host name", "write a name as it stands in the certificate")
    return text.lower()


def _one_of(*words: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in words:
            raise Malformed(
                f"{quoted(text)} is not known here", did_you_mean(text, words) or f"write {' or '.join(words)}"
            )
        return text

    return parse


def _choice(*words: str) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [{"enum": list(words)}, {"type": "string", "pattern": VARIABLE_PATTERN}]})


def _retry_when(value: Any) -> Any:
    value = unwrapped(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _check_path(text: str) -> str:
    if not re.fullmatch(r"/[\x21-\x7e]*", text) or "#" in text:
        raise Malformed(f"{quoted(text)} is not a path", "a path begins with / and holds no spaces: /healthz")
    return text


Duration = Annotated[float, _text(scalars.seconds, "30s"), _written(scalars.DURATION_PATTERN, "500ms", "30s", "5m")]
LongDuration = Annotated[
    float,
    _text(functools.partial(scalars.seconds, longest=scalars.TEN_YEARS), "7d"),
    _written(scalars.DURATION_PATTERN, "24h", "7d", "90d"),
]
Size = Annotated[
    int,
    _text(functools.partial(scalars.size, limit=MAX_COPY), "64KiB"),
    _written(scalars.SIZE_PATTERN, "64KiB", "1MiB"),
]
AnySize = Annotated[
    int,
    _text(functools.partial(scalars.size, limit=MAX_SIZE), "64KiB"),
    _written(scalars.SIZE_PATTERN, "64KiB", "10MiB", "1GiB"),
]
Wait = Annotated[
    float,
    _text(functools.partial(scalars.seconds, allow_zero=True), "30s"),
    _written(scalars.DURATION_PATTERN, "0s", "30s"),
]
CountOrNone = Annotated[int, _whole(0, MAX_WEIGHT), _number_or_variable("integer", minimum=0, maximum=MAX_WEIGHT)]
Count = Annotated[int, _whole(1, MAX_WEIGHT), _number_or_variable("integer", minimum=1, maximum=MAX_WEIGHT)]
Share = Annotated[float, _text(scalars.share, "10%"), _written(scalars.SHARE_PATTERN, "10%")]
Target = Annotated[float, _text(_ready_target, "99.9%"), _written(scalars.SHARE_PATTERN, "99.9%")]
ErrorShare = Annotated[float, _text(_error_share, "50%"), _written(scalars.SHARE_PATTERN, "50%")]
Weight = Annotated[
    int, _whole(0, MAX_WEIGHT, weight=True), _number_or_variable("integer", minimum=0, maximum=MAX_WEIGHT)
]
Priority = Annotated[int, _whole(-MAX_WEIGHT, MAX_WEIGHT), _number_or_variable("integer")]
Number = Annotated[float, _finite("a number of 0 or more"), _number_or_variable("number", minimum=0)]
Flag = Annotated[bool, BeforeValidator(unwrapped), _number_or_variable("boolean")]
Address = Annotated[
    Endpoint,
    _text(parse_address, "http://127.0.0.1:8000"),
    _written(r"^(https?://[^/?#@]+/?|unix:/.+)$", "http://127.0.0.1:8000"),
]
Network = Annotated[str, _text(_network, "10.0.0.0/8"), WithJsonSchema({"type": "string", "examples": ["10.0.0.0/8"]})]
BackendName = Annotated[str, _text(_name("backend"), "orders"), _written(scalars.NAME_PATTERN, "legacy")]
GroupName = Annotated[str, _text(_name("group"), "ordering"), _written(scalars.NAME_PATTERN, "ordering")]
RouteName = Annotated[str, _text(_name("route"), "order-read"), _written(scalars.NAME_PATTERN, "order-read")]
Token = Annotated[str, _text(_token, "X-User-Id"), _written(TOKEN_PATTERN, "X-User-Id")]
Method = Annotated[str, _text(_method, "GET"), _written(r"^[A-Z0-9!#$%&'*+.^_`|~-]+$", "GET", "POST")]
Day = Annotated[date, _text(_day, "2027-03-31"), WithJsonSchema({"type": "string", "format": "date"})]
SecretName = Annotated[
    str, _text(_secret_name, '"*email*"'), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 200})
]
Reason = Annotated[str, _text(_reason, '"why this is harmless"'), WithJsonSchema({"type": "string", "minLength": 1})]
JsonPath = Annotated[str, _text(_json_path, '"$.items"'), _written(r"^\$", "$.items[*].price")]
IgnorePath = Annotated[
    str, _text(_ignore_path, '"$.served_at"'), _written(r"^(\$|status$|body|header:)", "$.served_at", "header:etag")
]
File = Annotated[
    str, _text(_file_path, "/etc/strangler/tls/cert.pem"), WithJsonSchema({"type": "string", "minLength": 1})
]
HostName = Annotated[str, _text(_host_name, "orders.internal"), WithJsonSchema({"type": "string", "minLength": 1})]
ContentsWord = Annotated[str, _text(_one_of(*Contents), "structure"), _choice(*Contents)]
CookiesWord = Annotated[str, _text(_one_of(*Cookies), "jar"), _choice(*Cookies)]
WritesWord = Annotated[
    str, _text(_one_of("never", READ_AFTER_WRITE), READ_AFTER_WRITE), _choice("never", READ_AFTER_WRITE)
]
ModeWord = Annotated[str, _text(_one_of(*Mode), "enforce"), _choice(*Mode)]
RateKeyWord = Annotated[str, _text(_one_of(*RateKey), "identity"), _choice(*RateKey)]
TlsVersion = Annotated[str, _text(_one_of("1.2", "1.3"), '"1.2"'), _choice("1.2", "1.3")]
RetryWord = Annotated[
    str,
    _text(_one_of(*RetryWhen), "connect"),
    BeforeValidator(_retry_when),  # runs first: 503 without quotes is a number
    WithJsonSchema({"enum": [*RetryWhen, 502, 503, 504]}),
]
ValuePath = Annotated[
    str, _text(_value_path, '"$.created_at"'), _written(r"^(\$|body$|header:)", "$.created_at", "header:link")
]
Pattern = Annotated[str, _text(_pattern, '"build-[0-9]+"'), WithJsonSchema({"type": "string", "minLength": 1})]
NormaliserWord = Annotated[str, _text(_one_of(*NORMALISERS), "timestamp"), _choice(*NORMALISERS)]
KindWord = Annotated[str, _text(_one_of(*KINDS), "values_changed"), _choice(*KINDS)]
Digits = Annotated[int, _whole(0, 300), _number_or_variable("integer", minimum=0, maximum=300)]
CheckPath = Annotated[str, _text(_check_path, "/healthz"), _written(r"^/", "/healthz")]
Text = Annotated[str, Field()]
"""A header's, cookie's or query parameter's wanted value."""
