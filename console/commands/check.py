"""``strangler check``."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click

from console.exits import Exit, Invalid
from console.lint import LINTS
from console.lint_formats import found_github, found_sarif
from console.lint_text import lint_text
from console.options import DEFAULT_CONFIG, format_option, option
from console.output import print_json
from console.table.warnings import table_warnings
from console.table_file import table_text
from console.version import version
from proxy.listen.tls import BadCertificate
from proxy.supervise.certificates import read_certificates
from proxy.table.load import load_table
from proxy.table.mistakes import ERROR, BadTable, Mistake, did_you_mean, render_mistakes
from shadow.figures import plural


@click.command("check")
@click.argument("file", envvar="STRANGLER_CONFIG", default=DEFAULT_CONFIG)
@option("--strict", is_flag=True, help="Warnings count as mistakes.")
@option("--explain", metavar="CODE", help="Tell what a code means, with an example, and end.")
@format_option("text", "json", "github", "sarif")
def command(file: str, strict: bool, explain: str | None, format_: str) -> None:
    """Find every mistake in a route table.

    All of them at once, each with its place, its code and what to write instead; then warnings of what is allowed and seldom
    meant. The codes stay the same, and docs/reference/lint.md has a section for each. FILE is routes.yaml unless given (or
    set by STRANGLER_CONFIG); `-` is standard input.

    Exit codes: 0 no mistakes, 1 mistakes, or the file cannot be read.
    """
    if explain is not None:
        click.echo(_explained(explain), nl=False)
        return
    name = "standard input" if file == "-" else file
    try:
        text = table_text(file)
    except Invalid as error:
        if format_ == "text":
            raise
        _tell((Mistake(1, 1, error.message, code="bad-file"),), name, b"", format_)
        sys.exit(Exit.FINDINGS)
    try:
        table = load_table(text, source=name, with_files=True)
        read_certificates(table.listen.tls)
    except BadCertificate as error:
        message, _, advice = str(error).rpartition("; ")
        _tell((Mistake(1, 1, f"listen.tls: {message}", advice, "bad-file"),), name, text, format_)
        sys.exit(Exit.FINDINGS)
    except BadTable as error:
        _tell(error.mistakes, name, text, format_)
        sys.exit(Exit.FINDINGS)
    warnings = table_warnings(table, text, os.environ, datetime.now(UTC).date())
    if strict and warnings:
        _tell(warnings, name, text, format_)
        sys.exit(Exit.FINDINGS)
    if format_ == "json":
        print_json(_document(name, warnings, routes=len(table.routes), backends=len(table.backends)))
        return
    if format_ != "text":
        _tell(warnings, name, text, format_)
        return
    if warnings:
        click.echo(f"{render_mistakes(warnings, name, text, _width())}")
    told = f", {plural(len(warnings), 'warning')}" if warnings else ""
    click.echo(
        f"{name}: {plural(len(table.routes), 'route')}, {plural(len(table.backends), 'backend')}, no mistakes{told}"
    )


def _explained(code: str) -> str:
    if code not in LINTS:
        advice = did_you_mean(code, LINTS) or f"codes: {', '.join(LINTS)}"
        raise click.BadParameter(f"there is no code {code!r}; {advice}", param_hint="--explain")
    return lint_text(code)


def _tell(mistakes: Sequence[Mistake], name: str, text: bytes, format_: str) -> None:
    if format_ == "json":
        print_json(_document(name, mistakes, ok=False))
        return
    if format_ == "github":
        click.echo(found_github(mistakes, name), nl=False)
        return
    if format_ == "sarif":
        click.echo(found_sarif(mistakes, name, version()), nl=False)
        return
    click.echo(render_mistakes(mistakes, name, text, _width()), nl=False)
    what = "mistake" if any(mistake.severity == ERROR for mistake in mistakes) else "warning"
    advice = f"`strangler check --explain {mistakes[0].code}` tells more"
    click.echo(f"\n{name}: {plural(len(mistakes), what)}; {advice}", err=True)


def _width() -> int | None:
    """None into a pipe: sentences stay on one line there."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _document(name: str, found: Sequence[Mistake], *, ok: bool | None = None, **sizes: int) -> dict[str, Any]:
    mistakes, warnings = ([one for one in found if (one.severity == ERROR) is wanted] for wanted in (True, False))
    return {
        "file": name,
        "ok": not mistakes if ok is None else ok,
        **sizes,
        "mistakes": [_one(mistake) for mistake in mistakes],
        "warnings": [_one(warning) for warning in warnings],
    }


def _one(mistake: Mistake) -> dict[str, Any]:
    return {
        "code": mistake.code,
        "severity": mistake.severity,
        "line": mistake.line,
        "column": mistake.column,
        "message": mistake.message,
        "suggestion": mistake.suggestion,
    }
