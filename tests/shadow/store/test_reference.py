"""docs/reference/store.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from proxy.model.keep import DAY, Keep
from shadow import lag, record
from shadow.keep import KEPT_A_DAY, MATCH_SHARE
from shadow.store.affected import OF_ROUTE
from shadow.store.connect import MAX_BYTES, open_for_reading
from shadow.store.histogram import GROWTH
from shadow.store.mark import MAX_MARKS
from shadow.store.purge import BATCH_ROWS, BATCH_SECONDS, LOG_SECONDS
from shadow.store.sqlite import SqliteStore
from shadow.store.write_epochs import MAX_VERSIONS
from shadow.store.write_shapes import MAX_SHAPES


@pytest.fixture
def reference(request: pytest.FixtureRequest) -> str:
    return (request.config.rootpath / Path("docs/reference/store.md")).read_text(encoding="utf-8")


@pytest.fixture
def tables(tmp_path: Path) -> set[str]:
    SqliteStore(tmp_path / "s.db").writer().close()
    with open_for_reading(tmp_path / "s.db") as connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        return {table for (table,) in rows}


def test_every_table_is_described(reference: str, tables: set[str]) -> None:
    described = reference.partition("## Purging")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", described, re.MULTILINE)) == tables


def test_of_every_table_it_is_decided_what_a_purge_does_to_it(reference: str, tables: set[str]) -> None:
    decisions = re.findall(r"^\| (`.*`) \| .* \| (.*) \|$", reference.partition("## Purging")[2], re.MULTILINE)
    decided = {table: of_route for names, of_route in decisions for table in re.findall(r"`(\w+)`", names)}
    assert set(decided) == tables
    emptied = {table for table, of_route in decided.items() if of_route == "all rows go"}
    assert emptied == {*OF_ROUTE, "pair", "content"}
    assert f"in transactions of {BATCH_ROWS} at most" in reference
    assert (BATCH_SECONDS, LOG_SECONDS) == (0.1, 30.0)


def test_the_numbers_are_those_of_the_code(reference: str) -> None:
    keep = Keep()
    for sentence in (
        f"| contents of pairs (`content`) | {keep.contents / DAY:g} days |",
        f"| everything else | {keep.evidence / DAY:g} days |",
        f"Over {keep.size // 2**30} GiB",
        f"over {MAX_BYTES // 2**30} GiB nothing more",
        f"{KEPT_A_DAY} a day",
        f"within {GROWTH:g}^n and",
        f"At most {record.MAX_PAIRS:,} results, and {record.MAX_BYTES // 2**20} MiB",
        f"At most {MAX_VERSIONS} pairs of builds",
        f"and {MAX_MARKS} marks of a route",
        f"{MAX_SHAPES:,} shapes of an epoch",
        f"more than {lag.TOLERATED_SECONDS * 1000:g} ms",
    ):
        assert sentence in reference
    assert len(record.RETRY_SECONDS) == 3
    assert sum(record.RETRY_SECONDS) < 3
    assert (MATCH_SHARE, lag.TOLERATED_SHARE) == (0.01, 0.1)
