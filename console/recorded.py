"""Reads the store for a command, or ends it with what is wrong and what to do."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterator
from contextlib import contextmanager

import click
from click.core import ParameterSource

from console.exits import Undecided
from console.report import Document, report_document, select
from console.store_files import journal_file
from proxy.model.versions import TableVersion, read_versions
from shadow.model import RouteSummary, SignatureSummary
from shadow.store import BadStoreUrl, SqliteStore, StoreError, open_store


def table_versions(url: str) -> list[TableVersion]:
    """What the journal beside the store at ``url`` has, oldest first, one at least; else it ends the command."""
    try:
        file = journal_file(url)
        found = read_versions(file)
    except BadStoreUrl as error:
        raise click.BadParameter(str(error), param_hint="--store") from error
    except OSError as error:
        raise Undecided(f"cannot read {error.filename}: {error.strerror}") from error
    if not found:
        raise Undecided(
            f"no table version is recorded in {file}: `strangler serve` writes one for every table that it puts in force.\n"
            "Run this where it runs, or name its store with --store."
        )
    return found


@contextmanager
def reading(url: str) -> Iterator[SqliteStore]:
    """The store at ``url``; what goes wrong while it is read ends the command."""
    try:
        yield open_store(url)
    except BadStoreUrl as error:
        raise click.BadParameter(str(error), param_hint="--store") from error
    except StoreError as error:
        raise Undecided(str(error)) from error


def summaries(url: str, *, since: float | None) -> list[RouteSummary]:
    """What the store knows of every route."""
    with reading(url) as store:
        return store.summaries(since=since)


def signatures(url: str, *, since: float | None, route: str | None) -> list[SignatureSummary]:
    """Those of all routes, or of ``route``; ends the command if there is no such route."""
    with reading(url) as store:
        found, known = store.signatures(since=since, route=route), store.plans()
    if route is not None and route not in known:
        raise click.BadParameter(unknown_route(route, sorted(known)), param_hint="--route")
    return found


def chosen(found: list[RouteSummary], route: str | None) -> list[RouteSummary]:
    """Those of ``route``, all of them for None; ends the command if there is no such route."""
    try:
        return select(found, route)
    except KeyError:
        raise click.BadParameter(
            unknown_route(route or "", [one.route for one in found]), param_hint="--route"
        ) from None


def report(url: str, *, since: float | None, route: str | None, now: float) -> Document:
    """The report of every route, or of ``route``."""
    found = summaries(url, since=since)
    chosen(found, route)
    return report_document(found, now=now, route=route)


def options_to_repeat(url: str) -> str:
    """What the next command about the store at ``url`` has to be told, because this one was."""
    told = click.get_current_context().get_parameter_source("store") is ParameterSource.COMMANDLINE
    return f" --store {shlex.quote(url)}" if told else ""


def unknown_route(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    meant = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known[:20]) or 'none'}"
    return f"there is no route {name!r}; {meant}"
