"""``strangler serve``."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from console.access.start import prepare_admin
from console.address import Address
from console.options import AddressType, Number, audit_option, config_option, option, store_option
from console.store_files import absolute_store, audit_file, journal_file
from console.table_choice import Choice, NoChoice, Said, choose_table
from console.talk import talk
from proxy.model.log import FORMATS, LEVELS
from proxy.model.settings import Settings
from proxy.supervise.start import supervise
from shadow.store_url import BadStoreUrl

DEFAULTS = Settings()

LEAST_WATCHDOG = 2.0
MOST_SHADOW_WORKERS = 32
"""Each has its share of the bounds below, and a share must have room for a whole exchange."""

_SAID = {ParameterSource.COMMANDLINE: Said.COMMAND_LINE, ParameterSource.ENVIRONMENT: Said.ENVIRONMENT}


class Seconds(click.ParamType):  # type: ignore[type-arg]  # a type parameter is new in click, and our floor is older
    """A span of time as in routes.yaml: ``500ms``, ``30s``, ``5m``, ``1h``; a bare number is seconds."""

    name = "duration"
    _SPAN = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|)")
    _UNITS = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0, "h": 3600.0}  # noqa: RUF012 - never changed

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        span = self._SPAN.fullmatch(value)
        if span is None:
            self.fail(f"{value!r} is no span of time: write 500ms, 30s or 5m", param, ctx)
        return float(span[1]) * self._UNITS[span[2]]


class Size(click.ParamType):  # type: ignore[type-arg]  # a type parameter is new in click, and our floor is older
    """Bytes as in routes.yaml: ``64KiB``, ``32MiB``, ``1GiB``; a bare number is bytes."""

    name = "size"
    _SIZE = re.compile(r"([0-9]+)(B|KiB|MiB|GiB|)")
    _UNITS = {"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}  # noqa: RUF012 - never changed

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        size = self._SIZE.fullmatch(value)
        if size is None:
            self.fail(f"{value!r} is no size: write 64KiB, 32MiB or 1GiB", param, ctx)
        return int(size[1]) * self._UNITS[size[2]]


class Workers(click.ParamType):  # type: ignore[type-arg]  # a type parameter is new in click, and our floor is older
    """A number of processes, or ``auto`` for one per core that we may use."""

    name = "number"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if value == "auto":
            return len(os.sched_getaffinity(0))
        if isinstance(value, str) and not (value.isascii() and value.isdigit() and 1 <= int(value[:4]) <= 256):
            self.fail(f"{value!r} is no number of workers: write 1 to 256, or auto for one per core", param, ctx)
        return int(value)


def _watchdog(_ctx: click.Context, _param: click.Parameter, seconds: float) -> float:
    if 0 < seconds < LEAST_WATCHDOG:
        raise click.BadParameter(f"a busy process may take that long: write {LEAST_WATCHDOG:g}s or more, or 0 for none")
    return seconds


@click.command("serve")
@config_option
@option("--legacy", metavar="URL", help="No table: send everything to this monolith.")
@option(
    "--listen",
    type=AddressType(),
    metavar="HOST:PORT",
    default=str(Address(DEFAULTS.listen_host, DEFAULTS.listen_port)),
    show_default=True,
    help="Where users' requests come in; :8080 is all addresses of this machine.",
)
@option(
    "--admin",
    type=AddressType(),
    metavar="HOST:PORT",
    default=str(Address(DEFAULTS.admin_host, DEFAULTS.admin_port)),
    show_default=True,
    help="Where the console, health and metrics are. Where other machines reach it, it takes users and TLS.",
)
@option(
    "--admin-users",
    metavar="FILE",
    help="Ask who uses --admin: the users that `strangler user` wrote. Without a user in it, an admin is made and its token printed.",
)
@option(
    "--admin-oidc",
    metavar="FILE",
    help="Let people log in through the provider of OpenID Connect that this file names, too. Needs the extra oidc.",
)
@option("--admin-cert", metavar="FILE", help="TLS on --admin: the certificate with its chain, in PEM.")
@option("--admin-key", metavar="FILE", help="The key of --admin-cert, in PEM.")
@option(
    "--admin-name",
    metavar="NAME",
    multiple=True,
    help="A further host name of --admin, as a proxy before it uses. Those of its certificate are known.",
)
@option("--admin-insecure", is_flag=True, help="Let --admin be reached from other machines without users or TLS.")
@option(
    "--workers",
    type=Workers(),
    metavar="N",
    default=str(DEFAULTS.workers),
    show_default=True,
    help="Proxy workers; auto is one per core.",
)
@store_option
@audit_option
@option(
    "--secret",
    metavar="FILE",
    default=DEFAULTS.secret,
    show_default=True,
    help="The installation's key, made if there is none. It signs our cookie and keys what replaces secrets.",
)
@option(
    "--grace",
    type=Seconds(),
    metavar="DURATION",
    default=f"{DEFAULTS.grace:g}s",
    show_default=True,
    help="How long requests in flight may take to finish after SIGTERM.",
)
@option(
    "--drain-delay",
    type=Seconds(),
    metavar="DURATION",
    default=f"{DEFAULTS.drain_delay:g}s",
    show_default=True,
    help="How long to serve on after SIGTERM while /readyz fails already, so that load balancers notice.",
)
@option(
    "--take-over",
    is_flag=True,
    help="Take the ports of the instance that serves there now, which then drains. If there is none, just start.",
)
@option(
    "--watchdog",
    type=Seconds(),
    callback=_watchdog,
    metavar="DURATION",
    default=f"{DEFAULTS.watchdog:g}s",
    show_default=True,
    help="A process whose event loop is stuck for so long is killed and started again; 0 never does.",
)
@option(
    "--log-format",
    type=click.Choice(FORMATS),
    default=DEFAULTS.log_format,
    show_default=True,
    help="auto is text on a terminal, else json.",
)
@option("--log-level", type=click.Choice(LEVELS), default=DEFAULTS.log_level, show_default=True, help="What to log.")
@option(
    "--access-log-sample",
    type=click.FloatRange(0, 1),
    metavar="SHARE",
    default=DEFAULTS.access_log_sample,
    show_default=True,
    help="Share of requests with an access line, 0 to 1; failures always have one.",
)
@option(
    "--tap-bytes",
    type=Size(),
    metavar="SIZE",
    default=f"{DEFAULTS.tap_bytes >> 20}MiB",
    show_default=True,
    help="Memory of one proxy worker for copies that wait for the shadow workers.",
)
@option(
    "--shadow-workers",
    type=Number(1, MOST_SHADOW_WORKERS),
    metavar="N",
    default=DEFAULTS.shadow_workers,
    show_default=True,
    help="Processes that replay and compare copies; one user's go to one of them.",
)
@option(
    "--shadow-queue-bytes",
    type=Size(),
    metavar="SIZE",
    default=f"{DEFAULTS.shadow_queue_bytes >> 20}MiB",
    show_default=True,
    help="Memory of all shadow workers together for copies that wait for their replay.",
)
@option(
    "--shadow-concurrency",
    type=Number(1, 10_000),
    metavar="N",
    default=DEFAULTS.shadow_concurrency,
    show_default=True,
    help="Copies replayed at the same time, by all shadow workers together.",
)
@click.pass_context
def command(ctx: click.Context, /, **options: Any) -> None:
    """Run it: proxy workers, shadow workers, admin port.

    With --legacy URL alone no file is needed: everything goes to that URL. With a route table, every save of the file takes
    effect; a bad table never replaces a good one.

    SIGHUP reloads, SIGTERM and Ctrl-C drain, a second one stops at once.

    Exit codes: 0 drained, 1 could not start, 2 usage, 128+N stopped at once by signal N.
    """
    choice = _choice(ctx, options["config"], options["legacy"])
    if choice.note:
        talk(f"strangler: {choice.note}")
    sys.exit(supervise(_settings(choice, options)))


def _choice(ctx: click.Context, config: str, legacy: str | None) -> Choice:
    def said(name: str) -> Said:
        return _SAID.get(ctx.get_parameter_source(name) or ParameterSource.DEFAULT, Said.NOBODY)

    try:
        return choose_table((config, said("config")), (legacy, said("legacy")), config_exists=Path(config).exists())
    except NoChoice as error:
        raise click.UsageError(str(error), ctx) from error


def _settings(choice: Choice, options: dict[str, Any]) -> Settings:
    listen, admin = options["listen"], options["admin"]
    try:
        store = absolute_store(options["store"])
    except BadStoreUrl as error:
        raise click.BadParameter(str(error), param_hint="--store") from error
    same = ("workers", "grace", "drain_delay", "take_over", "watchdog", "log_format", "log_level", "access_log_sample")
    bounds = ("tap_bytes", "shadow_workers", "shadow_queue_bytes", "shadow_concurrency")
    settings = Settings(
        listen_host=listen.host,
        listen_port=listen.port,
        admin_host=admin.host,
        admin_port=admin.port,
        config=str(Path(choice.config).absolute()) if choice.config is not None else None,
        legacy_url=choice.legacy,
        store=store,
        journal=str(journal_file(store)),
        audit=str(Path(options["audit"]).absolute() if options["audit"] else audit_file(store)),
        secret=str(Path(options["secret"]).absolute()),
        admin_names=options["admin_name"],
        admin_insecure=options["admin_insecure"],
        admin_users=_absolute(options["admin_users"]),
        admin_oidc=_absolute(options["admin_oidc"]),
        admin_cert=_absolute(options["admin_cert"]),
        admin_key=_absolute(options["admin_key"]),
        **{name: options[name] for name in (*same, *bounds)},
    )
    prepare_admin(settings)
    return settings


def _absolute(path: str | None) -> str:
    return str(Path(path).absolute()) if path else ""
