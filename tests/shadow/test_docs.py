"""The reference pages say what the code does: their tables are computed again."""

from __future__ import annotations

import importlib
import pkgutil
import re
from operator import attrgetter
from pathlib import Path
from types import ModuleType

from proxy import writers
from shadow import gates, jar
from shadow.compare import DEFAULT_LIMITS, bodies, coding, headers, markup
from shadow.compare.bodies import multipart_body
from shadow.compare.body import MAX_ENTRIES
from shadow.compare.findings import LOOK_EVERY
from shadow.compare.walk import MAP
from shadow.evidence.e_value import ALPHA, clean_needed, limit_of
from shadow.gates import comparable, fresh, latency, lost, statuses
from shadow.model import Kind, Outcome, Verdict

PAGES = Path(__file__).resolve().parents[2] / "docs" / "reference"
READINESS = (PAGES / "readiness.md").read_text(encoding="utf-8")
COMPARING = (PAGES / "comparing.md").read_text(encoding="utf-8")


def table(page: str, mark: str) -> list[list[str]]:
    """The rows of the table after the comment that begins with ``mark``, without its head."""
    rows = page.partition(f"<!-- {mark}:")[2].partition("-->")[2].strip().split("\n\n")[0].split("\n")
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def modules(package: ModuleType) -> dict[str, ModuleType]:
    names = [entry.name for entry in pkgutil.iter_modules(package.__path__)]
    return {name: importlib.import_module(f"{package.__name__}.{name}") for name in names}


def test_the_table_of_gates_is_their_docstrings() -> None:
    said = {
        name: re.sub(r"\s+", " ", module.GATE.__doc__).replace("``", "`").strip()
        for name, module in modules(gates).items()
    }
    assert {name.strip("`"): text for name, text in table(READINESS, "gates")} == {
        name: re.sub(r"(?<!`)ready\.hours(?!`)", "`ready.hours`", text) for name, text in said.items()
    }


def test_the_bounds_of_the_gates_stand_in_their_docstrings() -> None:
    assert (comparable.MOST, lost.MOST, fresh.DAYS, statuses.MARGIN) == (0.5, 0.01, 7, 0.001)
    assert (latency.RATIO, latency.MILLISECONDS, latency.PAIRS) == (1.5, 20.0, 20)


def test_the_pairs_needed_are_computed() -> None:
    rows = table(READINESS, "pairs needed")
    assert [int(row[0]) for row in rows] == [0, 1, 2, 3, 5, 10]
    for wrong, *needed in rows:
        k = int(wrong)
        computed = [k + clean_needed(k, k, limit_of(target)) for target in (0.99, 0.999, 0.9999)]
        assert [int(number.replace(",", "")) for number in needed] == computed


def test_the_pairs_needed_among_many_routes_are_computed() -> None:
    for routes, *needed in table(READINESS, "many routes"):
        ahead = [clean_needed(0, 0, limit_of(target), ALPHA / int(routes)) for target in (0.99, 0.999, 0.9999)]
        together = [clean_needed(0, 0, limit_of(target)) for target in (0.99, 0.999, 0.9999)]
        assert [int(number.replace(",", "")) for number in needed] == ahead + together


def test_every_verdict_kind_and_outcome_is_explained() -> None:
    for verdict in Verdict:
        assert f"| `{verdict}` |" in READINESS
    for outcome in Outcome:
        assert f"| `{outcome}` |" in COMPARING
    for kind in Kind:
        assert f"`{kind}`" in COMPARING


def test_every_header_that_has_a_sense_is_listed() -> None:
    listed = {name for row in table(COMPARING, "headers")[:-1] for name in re.findall(r"`([a-z-]+)`", row[0])}
    assert listed == {name for module in modules(headers).values() for name in module.SENSE.names}


def test_every_body_type_is_listed_in_the_order_in_which_it_is_asked() -> None:
    order = sorted(modules(bodies).items(), key=lambda item: attrgetter("BODY.precedence")(item[1]))
    assert [row[0].strip("`") for row in table(COMPARING, "bodies")] == [name for name, _ in order]


def test_the_limits_are_the_defaults() -> None:
    bounds = [int(row[1].replace(",", "")) for row in table(COMPARING, "limits")]
    limits = DEFAULT_LIMITS
    counted = [limits.depth, limits.nodes, limits.differences, limits.decoded, limits.shown]
    assert bounds == [*counted, limits.seconds]
    assert f"every {LOOK_EVERY:,} members" in COMPARING
    assert f"more than {MAP} on either side" in COMPARING


def test_the_limits_of_bodies_are_the_constants() -> None:
    bounds = [int(re.sub(r"[^0-9]", "", row[1])) for row in table(COMPARING, "limits of bodies")]
    assert bounds == [
        markup.MAX_ELEMENTS,
        markup.MAX_NESTING,
        MAX_ENTRIES,
        multipart_body.MAX_PARTS,
        multipart_body.MAX_HEAD,
        coding.MAX_MEMBERS,
        coding.MAX_RATIO,
        coding.MAX_CODINGS,
    ]


def test_the_guide_tells_how_much_is_remembered_of_users() -> None:
    guide = (PAGES.parent / "guide" / "shadow-writes.md").read_text(encoding="utf-8")
    assert (
        f"at most {jar.MAX_JARS:,} users, each with {jar.MAX_COOKIES} cookies and {jar.MAX_BYTES // 1024} KiB" in guide
    )
    assert f"{writers.USERS:,} users at a time" in guide
