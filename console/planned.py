"""Makes the plan of a file for a command: what it is held against, and what was recorded."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import click

from console.exits import Invalid
from console.store_files import journal_file
from console.table.plan import MOST_REQUESTS, Plan, plan_document, plan_of
from console.table.recent import NONE_KNOWN, Recent, recent_from, recent_of
from console.table_file import table_text
from proxy.listen.tls import BadCertificate
from proxy.model.table import Table
from proxy.model.versions import TableVersion, read_versions
from proxy.supervise.certificates import read_certificates
from proxy.table.load import load_table
from proxy.table.mistakes import BadTable, render_mistakes
from shadow.store import BadStoreUrl, StoredPair, StoreError, open_store
from shadow.store.read_kept import Wanted


@dataclass(frozen=True, slots=True)
class Planned:
    """``text`` is the new table's; ``against`` says what it is held against."""

    plan: Plan
    text: str
    against: str

    def to_json(self, file: str) -> dict[str, Any]:
        return {"file": file, "against": self.against, **plan_document(self.plan)}


def planned(file: str, config: str, store: str) -> Planned:
    """What ``file`` would change against the version that was put in force last, or ``config`` where none is recorded. Raises Invalid
    for a table with mistakes."""
    return planned_text(table_text(file), "standard input" if file == "-" else file, config, store)


def planned_text(data: bytes, name: str, config: str, store: str) -> Planned:
    """As ``planned``; ``name`` is what ``data`` is called in what is told. Raises Invalid."""
    after = _checked(data, name)
    last = _last(store)
    before, against = _before(last, config)
    return Planned(plan_of(before, after, *_recorded(store)), data.decode("utf-8-sig"), against)


def _checked(data: bytes, name: str) -> Table:
    """As `strangler check` does. Raises Invalid."""
    try:
        table = load_table(data, source=name, with_files=True)
        read_certificates(table.listen.tls)
    except BadTable as error:
        raise Invalid(f"{name} is no good table\n{render_mistakes(error.mistakes, name, data).rstrip()}") from error
    except BadCertificate as error:
        raise Invalid(f"{name}: listen.tls: {error}") from error
    return table


def _last(store: str) -> TableVersion | None:
    try:
        versions = read_versions(journal_file(store))
    except BadStoreUrl as error:
        raise click.BadParameter(str(error), param_hint="--store") from error
    except OSError:
        return None
    return versions[-1] if versions and versions[-1].text is not None else None


def _before(last: TableVersion | None, config: str) -> tuple[Table, str]:
    if last is not None and last.text is not None:
        try:
            return load_table(last.text, source=last.source), f"version {last.number}"
        except BadTable as error:
            name = f"version {last.number}"
            wrong = render_mistakes(error.mistakes, name, last.text).rstrip()
            raise Invalid(
                f"{name}, which is in force, cannot be read here: set what the instance has\n{wrong}"
            ) from error
    data = table_text(config)
    try:
        return load_table(data, source=config), config
    except BadTable as error:
        raise Invalid(
            f"{config} is no good table to compare with\n{render_mistakes(error.mistakes, config, data).rstrip()}"
        ) from error


def _recorded(store: str) -> tuple[list[StoredPair] | None, Recent]:
    """None if there is nothing, or it cannot be read: a plan can do without."""
    hour = recent_from(time.time())
    try:
        opened = open_store(store)
        return opened.kept(Wanted(limit=MOST_REQUESTS)), recent_of(hour, opened.traffic(hour))
    except (BadStoreUrl, StoreError):
        return None, NONE_KNOWN
