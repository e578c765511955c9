"""``strangler explain``."""

from __future__ import annotations

import re
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import click

from console.exits import Exit, Invalid
from console.explanation_text import explanation_text
from console.options import HeaderType, config_option, format_option, option
from console.output import print_json
from console.table_file import table_of
from proxy.explain import explain
from proxy.model.message import Headers, RequestHead
from proxy.model.settings import Settings
from proxy.routing import Routing

_METHOD: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BLANK: Final = re.compile(r"[ \t\r\n]")


@click.command("explain")
@click.argument("method")
@click.argument("url")
@option("--header", "-H", type=HeaderType(), multiple=True, metavar="'NAME: VALUE'", help="A header; may be repeated.")
@option("--identity", metavar="ID", help="Whose request it is, instead of what its cookies and headers say.")
@format_option("text", "json")
@config_option
@option(
    "--secret",
    metavar="FILE",
    default=Settings().secret,
    show_default=True,
    help="The installation's key: without it, our own cookies are not recognised.",
)
def command(
    method: str,
    url: str,
    header: tuple[tuple[bytes, bytes], ...],
    identity: str | None,
    format_: str,
    config: str,
    secret: str,
) -> None:
    """Tell which route claims a request, who answers it, and why.

    URL is a path with its query, or a whole URL, whose host is then matched too. Nothing is sent anywhere, and no instance
    has to run.

    Exit codes: 0 explained, 1 the request would be refused, or the route table has mistakes.
    """
    routing = Routing(table_of(config), _key(secret))
    explanation = explain(routing, _head(method, url, header), identity)
    if format_ == "json":
        print_json(asdict(explanation))
    else:
        click.echo(explanation_text(explanation))
    sys.exit(Exit.FINE if explanation.refused is None else Exit.FINDINGS)


def _head(method: str, url: str, headers: tuple[tuple[bytes, bytes], ...]) -> RequestHead:
    """The request as a client would send it."""
    if not _METHOD.fullmatch(method):
        raise click.BadParameter(f"{method!r} is no method: write GET", param_hint="METHOD")
    if _BLANK.search(url):
        raise click.BadParameter(f"{url!r}: no client may send blanks so; a space is written %20", param_hint="URL")
    fields: Headers = list(headers)
    target = url
    if "://" in url:
        try:
            parts = urlsplit(url)
        except ValueError as error:
            raise click.BadParameter(f"{url!r} is no URL: {error}", param_hint="URL") from error
        if not parts.netloc:
            raise click.BadParameter(f"{url!r} has no host", param_hint="URL")
        target = url.partition("://")[2].removeprefix(parts.netloc).partition("#")[0]
        target = target if target.startswith("/") else f"/{target}"
        if not any(name.lower() == b"host" for name, _ in fields):
            fields.insert(0, (b"Host", _bytes(parts.netloc.rpartition("@")[2])))
    elif not url.startswith("/") and url != "*":
        raise click.BadParameter(f"{url!r}: write a path that begins with /, or a whole URL", param_hint="URL")
    return RequestHead.from_headers(_bytes(method.upper()), _bytes(target), fields)


def _key(secret: str) -> bytes:
    try:
        return Path(secret).read_bytes()
    except FileNotFoundError:
        return b"no key has been made yet"
    except OSError as error:
        raise Invalid(f"cannot read the key {secret}: {error.strerror}") from error


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
