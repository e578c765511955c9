"""Collects the marks as pytest sees them, parametrised cases included, and renders the page."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.promises.rows import BACKEND, CLIENT, INPUT, NOT_APPLICABLE, OPERATION

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "promises.md"
SHOWN = 3
"""Tests named for one row; of more the number is told."""

Proofs = dict[str, list[tuple[str, str]]]
"""By row: file and name of each test, in order, without doubles."""

_HEAD = """\
# Promises

What comes of each fault and of each hostile input, with the tests that prove it. Written by `python -m tests.promises` from the
marks of the tests; a test keeps it up to date, and no row may be without one.
"""


class _Marks:
    """A pytest plugin that looks at what was collected."""

    def __init__(self) -> None:
        self.proved: Proofs = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            path, _, name = item.nodeid.partition("::")
            for mark in item.iter_markers("promise"):
                for row in mark.args:
                    found = self.proved.setdefault(str(row), [])
                    test = (path, name.partition("[")[0].rpartition("::")[2])
                    if test not in found:
                        found.append(test)


def marked_tests() -> Proofs:
    """Every mark of every test. Collects the whole suite, and so imports it."""
    marks = _Marks()
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider", str(ROOT / "tests")], plugins=[marks])
    if code != pytest.ExitCode.OK:
        raise SystemExit(said.getvalue())
    return {row: sorted(tests) for row, tests in marks.proved.items()}


def gaps(proved: Proofs) -> list[str]:
    """Rows without a test, and marks without a row."""
    known = {**CLIENT, **BACKEND, **OPERATION, **INPUT}
    return [
        *(f"no test carries the mark {row}" for row in known if row not in proved),
        *(
            f"{test} is marked {row}, and there is no such row"
            for row in proved
            if row not in known
            for test in proved[row]
        ),
    ]


def render(proved: Proofs) -> str:
    """The page, from what the rows say and what the marks prove."""
    sections = [
        _HEAD,
        *(_faults(title, rows, proved) for title, rows in (
            ("From the client's side", CLIENT), ("From the backend's side", BACKEND), ("In operation", OPERATION)
        )),
        "Not provable in this version: " + "; ".join(f"{row} ({why})" for row, why in NOT_APPLICABLE.items()) + ".\n",
        _table("Hostile and odd inputs", ("#", "input", "tests"), ((row, what, _named(proved.get(row, []))) for row, what in INPUT.items())),
    ]  # fmt: skip
    return "\n".join(sections)


def _faults(title: str, rows: dict[str, tuple[str, str]], proved: Proofs) -> str:
    lines = ((row, fault, comes, _named(proved.get(row, []))) for row, (fault, comes) in rows.items())
    return _table(title, ("#", "fault", "what comes of it", "tests"), lines)


def _table(title: str, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [columns, ("---",) * len(columns), *rows]
    return f"## {title}\n\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _named(tests: list[tuple[str, str]]) -> str:
    shown = [f"[`{name}`](../../{path})" for path, name in tests[:SHOWN]]
    more = len(tests) - SHOWN
    return "; ".join(shown) + (f" and {more} more" if more > 0 else "")
