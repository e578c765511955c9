from __future__ import annotations

from itertools import pairwise

import pytest

from console.web.addresses import ADDRESSES
from console.web.caller import Caller
from console.web.rights import RIGHTS, Right, Role


def test_each_role_may_all_that_the_one_before_it_may() -> None:
    for lower, higher in pairwise(Role):
        assert RIGHTS[lower] < RIGHTS[higher]


@pytest.mark.parametrize("role", Role)
def test_nobody_changes_anything_by_looking(role: Role) -> None:
    caller = Caller("kim", role, bodies=False)
    for address in ADDRESSES:
        assert address.method != "GET" or address.right in {Right.OPEN, Right.VIEW, Right.ADMINISTER}
        way_in_or_out = address.path in {"/login", "/logout"}
        assert address.method == "GET" or way_in_or_out or address.right not in {Right.OPEN, Right.VIEW}
    assert caller.may(Right.VIEW)
