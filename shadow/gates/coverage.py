"""Were the kinds of request that come all compared?"""

from __future__ import annotations

from shadow.figures import Figures, Finding, percent, share_of, short
from shadow.model import Verdict


def gate(figures: Figures) -> Finding | None:
    """More than 1 % (``ready.unseen``) of the pairs that count are the only one of their shape (method, parameter names, status
    class, signed in or not): not yet, for about as many requests are of shapes never seen (Good and Turing)."""
    coverage, most = figures.summary.coverage, figures.summary.unseen
    if coverage.once <= most * coverage.pairs:
        return None
    examples = ", ".join(short(str(shape)) for shape in coverage.examples)
    return Finding(
        Verdict.NOT_YET,
        f"{share_of(coverage.once, coverage.pairs)} pairs are the only one of their shape, so about as many requests are of shapes "
        f"never seen, where {percent(most)} may be: {examples}{', ...' if coverage.once > len(coverage.examples) else ''}",
    )


GATE = gate
