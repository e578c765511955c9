"""What commands have in common: options with their environment variables, and the types of their values."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import click

from console.address import Address, BadAddress, parse_address
from console.since import BadTime, parse_since

Command = TypeVar("Command", bound=Callable[..., Any])
Decorator = Callable[[Command], Command]

DEFAULT_CONFIG = "routes.yaml"
DEFAULT_ADMIN = "127.0.0.1:8081"
DEFAULT_STORE = "sqlite:///strangler.db"


def option(*names: str, **attributes: Any) -> Decorator[Any]:
    """A click option that its environment variable can set too: ``--log-format`` is ``STRANGLER_LOG_FORMAT``."""
    long = next(name for name in names if name.startswith("--")).partition("/")[0]
    variable = "STRANGLER_" + long.removeprefix("--").upper().replace("-", "_")
    return click.option(*names, envvar=variable, show_envvar=True, **attributes)


class Number(click.IntRange):
    """A whole number within bounds."""

    name = "N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            int(value)
        except ValueError:
            self.fail(f"{value!r} is no whole number", param, ctx)
        return int(super().convert(value, param, ctx))


class AddressType(click.ParamType):  # type: ignore[type-arg]  # a type parameter is new in click, and our floor is older
    """``HOST:PORT``."""

    name = "host:port"

    def convert(self, value: str | Address, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        if isinstance(value, Address):
            return value
        try:
            return parse_address(value)
        except BadAddress as error:
            self.fail(str(error), param, ctx)


class SinceType(click.ParamType):  # type: ignore[type-arg]  # a type parameter is new in click, and our floor is older
    """Unix time, from a span or a time."""

    name = "time"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        try:
            return parse_since(value, time.time())
        except BadTime as error:
            self.fail(str(error), param, ctx)


class HeaderType(click.ParamType):  # type: ignore[type-arg]  # a type parameter is new in click, and our floor is older
    """``NAME: VALUE``, as raw bytes. In the environment variable, one per line."""

    name = "name: value"
    envvar_list_splitter = "\n"

    def convert(
        self, value: str | tuple[bytes, bytes], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[bytes, bytes]:
        if isinstance(value, tuple):
            return value
        name, colon, rest = value.partition(":")
        if not colon or not name.strip() or any(char in value for char in "\r\n\0"):
            self.fail(f"{value!r} is no header: write 'X-Beta: 1'", param, ctx)
        return name.strip().encode("utf-8", "surrogateescape"), rest.strip().encode("utf-8", "surrogateescape")


def format_option(*formats: str) -> Decorator[Any]:
    """``--format``; the first one is the default."""
    return option(
        "--format",
        "format_",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="How to print the result.",
    )


why_option = option(
    "--reason", metavar="TEXT", default="", help="Why: kept with the version of the table that this makes."
)
by_option = option("--author", metavar="NAME", help="Who does it; by default the user who runs this.")
output_option = option(
    "--output",
    "-o",
    metavar="FILE",
    help="Write the result to this file, whole or not at all; `-` is standard output.",
)
config_option = option(
    "--config", "-c", metavar="FILE", default=DEFAULT_CONFIG, show_default=True, help="The route table."
)
store_option = option(
    "--store", metavar="URL", default=DEFAULT_STORE, show_default=True, help="Where evidence is recorded."
)
audit_option = option(
    "--audit", metavar="FILE", help="The audit log; by default beside the store, named as it with `.audit.jsonl`."
)
route_option = option("--route", metavar="NAME", help="Only this route.")
since_option = option(
    "--since",
    type=SinceType(),
    metavar="TIME",
    help="Only what was recorded since then: 30m, 24h, 7d, or an ISO time (UTC unless it says otherwise).",
)
admin_option = option(
    "--admin",
    type=AddressType(),
    metavar="HOST:PORT",
    default=DEFAULT_ADMIN,
    show_default=True,
    help="Admin port of the running instance.",
)
