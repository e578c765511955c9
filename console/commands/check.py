"""``strangler check``."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any

import click

from console.exits import Exit, Invalid
from console.options import DEFAULT_CONFIG, format_option
from console.output import print_json
from console.table_file import table_text
from proxy.listen.tls import BadCertificate
from proxy.supervise.certificates import read_certificates
from proxy.table.load import load_table
from proxy.table.mistakes import BadTable, Mistake, render_mistakes
from shadow.figures import plural
from shadow.rules.endings import endings


@click.command("check")
@click.argument("file", envvar="STRANGLER_CONFIG", default=DEFAULT_CONFIG)
@format_option("text", "json")
def command(file: str, format_: str) -> None:
    """Find every mistake in a route table.

    All of them at once, each with its place and what to write instead. Waivers that have ended, or will within a week, are
    told of on standard error. FILE is routes.yaml unless given (or set by
    STRANGLER_CONFIG); `-` is standard input.

    Exit codes: 0 no mistakes, 1 mistakes, or the file cannot be read.
    """
    name = "standard input" if file == "-" else file
    try:
        text = table_text(file)
    except Invalid as error:
        if format_ == "json":
            print_json(_document(name, (Mistake(1, 1, error.message),)))
            sys.exit(Exit.FINDINGS)
        raise
    try:
        table = load_table(text, source=name, with_files=True)
        read_certificates(table.listen.tls)
    except BadCertificate as error:
        message, _, advice = str(error).rpartition("; ")
        _tell((Mistake(1, 1, f"listen.tls: {message}", advice),), name, text, format_)
        sys.exit(Exit.FINDINGS)
    except BadTable as error:
        _tell(error.mistakes, name, text, format_)
        sys.exit(Exit.FINDINGS)
    today = datetime.now(UTC).date()
    for route in table.routes:
        for ending in endings(route.compare, today):
            click.echo(f"{name}: {route.name}: {ending.sentence}", err=True)
    if format_ == "json":
        print_json(_document(name, (), routes=len(table.routes), backends=len(table.backends)))
    else:
        click.echo(
            f"{name}: {plural(len(table.routes), 'route')}, {plural(len(table.backends), 'backend')}, no mistakes"
        )


def _tell(mistakes: tuple[Mistake, ...], name: str, text: bytes, format_: str) -> None:
    if format_ == "json":
        print_json(_document(name, mistakes))
    else:
        click.echo(render_mistakes(mistakes, name, text), nl=False)
        click.echo(f"\n{name}: {plural(len(mistakes), 'mistake')}", err=True)


def _document(name: str, mistakes: tuple[Mistake, ...], **sizes: int) -> dict[str, Any]:
    return {
        "file": name,
        "ok": not mistakes,
        **sizes,
        "mistakes": [
            {"line": m.line, "column": m.column, "message": m.message, "suggestion": m.suggestion} for m in mistakes
        ],
    }
