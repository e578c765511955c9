"""Is it one candidate that answers?"""

from __future__ import annotations

from shadow.figures import Figures, Finding, plural
from shadow.model import Epoch, Verdict


def gate(figures: Figures) -> Finding | None:
    """Several builds answer in turn, as they do while a deploy is rolled out: not yet, for the evidence is about one of them."""
    epoch = figures.summary.epoch
    if not epoch.others:
        return None
    named = ", ".join(build(epoch, *others) for others in epoch.others[:3])
    return Finding(
        Verdict.NOT_YET,
        f"{plural(len(epoch.others) + 1, 'build')} answer in turn, and only pairs of the newest count: "
        f"{build(epoch, epoch.control_version, epoch.candidate_version)} beside {named}",
    )


def build(epoch: Epoch, control: str, candidate: str) -> str:
    """Named by the side that differs."""
    if all(other[0] == epoch.control_version for other in epoch.others):
        return candidate or "unnamed"
    return f"{control or 'unnamed'} and {candidate or 'unnamed'}"


GATE = gate
