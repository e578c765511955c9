"""A number, however it is written: ``1``, ``1.0``, ``"1"`` and ``1e0`` are one. With ``digits``, rounded to so many decimal places."""

from __future__ import annotations

import re
from collections.abc import Hashable
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Final

from proxy.model.normalise import Normalise
from shadow.compare.tree import number_value

_NUMBER: Final = re.compile(r"[-+]?[0-9]{1,400}(\.[0-9]{1,400})?([eE][-+]?[0-9]{1,4})?")
_WIDE: Final = Context(prec=1000)


class NumberNormaliser:
    name = "number"
    examples = (
        (1, 1.0, True),
        ("1.50", 1.5, True),
        ("1e2", 100, True),
        (1, True, False),
        ("1a", 1, False),
        (1, 2, False),
    )

    def normal(self, value: Any, how: Normalise) -> Hashable | None:
        if isinstance(value, str) and _NUMBER.fullmatch(value):
            value = value.removeprefix("+").encode()
        if not isinstance(value, bytes) or len(value) > 1000:
            return None
        number = number_value(value)
        if number is None:
            return None
        if how.digits is not None and number.adjusted() < 400:
            number = number.quantize(Decimal(1).scaleb(-how.digits), ROUND_HALF_EVEN, _WIDE)
        return ("number", number.normalize(_WIDE))

    def near(self, control: Any, candidate: Any, how: Normalise) -> bool:  # noqa: ARG002 - equal is near enough
        return True


NORMALISER = NumberNormaliser()
