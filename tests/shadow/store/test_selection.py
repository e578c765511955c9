from __future__ import annotations

import pytest

from shadow.store.selection import Selection


def test_a_selection_of_everything_is_refused() -> None:
    with pytest.raises(ValueError, match="everything"):
        Selection()


def test_only_a_route_alone_is_a_whole_route() -> None:
    assert Selection(route="orders").whole_route == "orders"
    for part in (
        Selection(("x",), "orders"),
        Selection(route="orders", before=0.0),
        Selection(route="orders", pair="p"),
        Selection(before=1.0),
    ):
        assert part.whole_route is None
