"""The signature that somebody means by an id, or by its beginning. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from console.exits import Invalid
from shadow.model import SignatureSummary


def chosen_signature(signatures: Sequence[SignatureSummary], given: str) -> SignatureSummary:
    """Raises Invalid if there is none, or if there are several."""
    found = [one for one in signatures if one.id.startswith(given)]
    if not found:
        raise Invalid(f"no signature of today's rules begins with {given!r}; `strangler diffs` lists them")
    if len(found) > 1:
        raise Invalid(f"{len(found)} signatures begin with {given!r}: {', '.join(one.id for one in found[:5])}")
    return found[0]
