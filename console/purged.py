"""What a purge removes, or would, as JSON. Never with the identities: they are credentials."""

from __future__ import annotations

from typing import Any

from proxy.model.log import rfc3339
from shadow.store.affected import Affected
from shadow.store.purge import Purged
from shadow.store.selection import Selection

Document = dict[str, Any]


def purged_document(selection: Selection, affected: Affected, purged: Purged | None) -> Document:
    """``purged`` is None if nothing was done, only looked."""
    unknown = affected.unsearchable
    return {
        "dry_run": purged is None,
        "selected": {
            "identities": len(selection.identities),
            "route": selection.route,
            "before": None if selection.before is None else rfc3339(selection.before),
            "pair": selection.pair,
        },
        "pairs": len(affected.pairs),
        "contents": affected.contents,
        "bytes": affected.size,
        "examples": affected.examples,
        "sums": affected.sums,
        "counts_anew": selection.whole_route is not None and affected.anything,
        "not_searched": {
            "recorded_before_identities": unknown.earlier,
            "until": None if unknown.earlier_until is None else rfc3339(unknown.earlier_until),
            "under_another_key": unknown.other_keys,
            "without_identity": unknown.nobodys,
        },
        "gone_from_disk": None if purged is None else purged.complete,
    }
