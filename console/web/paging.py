"""One page of a long list, and the addresses of those beside it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

PER_PAGE: Final = 100


def paged(items: Sequence[Any], query: Mapping[str, str], *, per_page: int = PER_PAGE) -> dict[str, Any]:
    """``items``, ``of`` (how many there are), ``first`` (the number of the first one shown), and the queries ``before`` and ``after``, None at the ends."""
    asked = query.get("page", "1")
    last = max(1, -(-len(items) // per_page))
    page = min(int(asked[:9]), last) if asked.isascii() and asked.isdigit() and int(asked[:9]) else 1
    begin = (page - 1) * per_page
    return {
        "items": list(items[begin : begin + per_page]),
        "of": len(items),
        "first": begin + 1 if items else 0,
        "before": _query(query, page - 1) if page > 1 else None,
        "after": _query(query, page + 1) if page < last else None,
    }


def _query(query: Mapping[str, str], page: int) -> str:
    return "?" + urlencode({**query, "page": str(page)})
