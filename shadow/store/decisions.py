"""Triage in the store: decisions are added, never changed."""

from __future__ import annotations

import sqlite3

from shadow.store.connect import transaction
from shadow.triage import State, Triage


def add_triage(connection: sqlite3.Connection, said: Triage) -> None:
    with transaction(connection):
        connection.execute(
            "INSERT INTO triage (signature, route, state, owner, note, said_by, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (said.signature, said.route, said.state, said.owner, said.note, said.by, said.at),
        )


def read_triage(connection: sqlite3.Connection) -> dict[str, Triage]:
    """The newest decision about each signature, by its id."""
    rows = connection.execute(
        "SELECT signature, route, state, owner, note, said_by, at FROM triage WHERE seq IN (SELECT max(seq) FROM triage GROUP BY signature)"
    )
    return {
        signature: Triage(signature, route, State(state), owner, note, by, at)
        for signature, route, state, owner, note, by, at in rows
    }


def read_history(connection: sqlite3.Connection, signature: str) -> list[Triage]:
    """All decisions about one signature, oldest first."""
    rows = connection.execute(
        "SELECT signature, route, state, owner, note, said_by, at FROM triage WHERE signature = ? ORDER BY seq",
        (signature,),
    )
    return [Triage(sig, route, State(state), owner, note, by, at) for sig, route, state, owner, note, by, at in rows]
