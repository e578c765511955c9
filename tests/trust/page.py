"""The figures as docs/reference/trust.md."""

from __future__ import annotations

import platform
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from shadow.figures import share_of
from shadow.model import Outcome
from tests.trust.bugs import BUGS
from tests.trust.drive import FOUND, BugTruth, Truth
from tests.trust.endpoints import ENDPOINTS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "trust.md"

_SHOWN = (Outcome.MATCH, Outcome.WAIVED, Outcome.NOISE, Outcome.STALE)


def page(bare: Truth, ruled: Truth) -> str:
    """``bare`` was measured without a rule, ``ruled`` with those of tests/trust/routes.yaml."""
    return f"""\
# How far differences can be trusted

A service in the tests has a second version beside it that answers the same, but for what no two answers of a real service have in common: times, UUIDs,
tokens, lists in any order, rounding, data that is written while it is read, pages of results, HTML with nonces and hashed assets, compressed bodies, links to
itself. And it has {len(BUGS)} planted bugs, each in about one item of fifty to a hundred and fifty. Real requests go to both, pairs are made of them as the shadow worker does, and what is
said of each is held against what is so.

`python -m tests.trust` measures this page ({datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}); a test asks for the same with {20_000:,} pairs.

| | without a rule | with the rules that `suggest` proposes |
|---|---:|---:|
| pairs | {bare.pairs:,} | {ruled.pairs:,} |
| pairs that met no bug, and were called wrong | {share_of(bare.false_alarms, bare.sound)} | {share_of(ruled.false_alarms, ruled.sound)} |
| bugs that were found | {_found(bare)} of {len(BUGS)} | {_found(ruled)} of {len(BUGS)} |
| bugs in the right signature | {_named(bare)} of {len(BUGS)} | {_named(ruled)} of {len(BUGS)} |
| pairs that met a bug, and were called wrong | {_pairs_found(bare)} | {_pairs_found(ruled)} |

Without a rule, nearly all that is called wrong is order, rounding and the host of links, in {len(_noisy_routes(bare))} of {len(ENDPOINTS)} routes ({", ".join(_noisy_routes(bare))}): `strangler suggest` proposes
exactly the rules that end it, and none that hides a bug.

## Pairs that met no bug, with the rules

| route | {" | ".join(_SHOWN)} | called wrong | has |
|---|{"---:|" * (len(_SHOWN) + 1)}---|
{"".join(_route_row(name, ruled) for name in ENDPOINTS)}
## The bugs, with the rules

| bug | route | pairs | found | in the right signature | which is |
|---|---|---:|---:|---:|---|
{"".join(_bug_row(ruled, index) for index in range(len(BUGS)))}"""


def _found(truth: Truth) -> int:
    return sum(met.found > 0 for met in truth.bugs.values())


def _named(truth: Truth) -> int:
    return sum(met.named > 0 for met in truth.bugs.values())


def _pairs_found(truth: Truth) -> str:
    return share_of(sum(met.found for met in truth.bugs.values()), sum(met.pairs for met in truth.bugs.values()))


def _noisy_routes(truth: Truth) -> list[str]:
    return [name for name, route in truth.routes.items() if _wrong(route.sound) > 0.05 * route.sound.total()]


def _wrong(outcomes: Counter[str]) -> int:
    return sum(outcomes[outcome.value] for outcome in FOUND)


def _route_row(name: str, truth: Truth) -> str:
    sound = truth.routes[name].sound
    counts = " | ".join(f"{sound[outcome.value]:,}" for outcome in _SHOWN)
    about = " ".join((ENDPOINTS[name].__doc__ or "").split()).rstrip(".")
    return f"| `{name}` | {counts} | {_wrong(sound):,} | {about[:1].lower() + about[1:] if about[:4] != 'HTML' and about[:3] != 'XML' else about} |\n"


def _bug_row(truth: Truth, index: int) -> str:
    bug = BUGS[index]
    met = truth.bugs.get(bug.name, BugTruth())
    path, kind = bug.signature
    return f"| {bug.name} | `{bug.route}` | {met.pairs:,} | {met.found:,} | {met.named:,} | `{path}` {kind} |\n"
