"""Were the kinds of request that come all compared?"""

from __future__ import annotations

from typing import Final

from shadow.figures import Figures, Finding, share_of, short
from shadow.model import Verdict

MOST: Final = 0.01
"""Share of the requests that may be of shapes never seen."""


def gate(figures: Figures) -> Finding | None:
    """More than 1 % of the pairs that count are the only one of their shape (method, parameter names, status class, signed in or
    not): not yet, for about as many requests are of shapes never seen (Good and Turing)."""
    coverage = figures.summary.coverage
    if coverage.once <= MOST * coverage.pairs:
        return None
    examples = ", ".join(short(str(shape)) for shape in coverage.examples)
    return Finding(
        Verdict.NOT_YET,
        f"{share_of(coverage.once, coverage.pairs)} pairs are the only one of their shape, so about as many requests are of shapes "
        f"never seen, where 1 % may be: {examples}{', ...' if coverage.once > len(coverage.examples) else ''}",
    )


GATE = gate
