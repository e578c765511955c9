"""Is a fault hidden behind noise?"""

from __future__ import annotations

from typing import Final

from shadow.figures import Figures, Finding, percent
from shadow.model import Verdict
from shadow.noise.excess import PlaceNoise, beyond_own_noise, excess_of

SHOWN: Final = 3


def gate(figures: Figures) -> Finding | None:
    """At a place where the control disagrees with itself the candidate differs more often than that explains, by the pairs for which
    dice had the control asked twice: blocked."""
    beyond = beyond_own_noise(list(figures.summary.noise))
    if not beyond:
        return None
    told = "; ".join(_told(place) for place in beyond[:SHOWN])
    return Finding(Verdict.BLOCKED, f"more than noise: {told}")


def _told(place: PlaceNoise) -> str:
    excess = excess_of(place)
    assert excess is not None  # there is no evidence without repeats
    return (
        f"{place.place} ({place.kind}) differs in {percent(excess.candidate)} of {place.repeats:,} pairs, the control from itself in "
        f"{percent(excess.control)}: an excess of {percent(excess.excess)} +- {percent(excess.margin)}"
    )


GATE = gate
