"""URLs modulo their host: every absolute ``http`` or ``https`` URL in a text loses scheme, host and port."""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any, Final

from proxy.model.normalise import Normalise

_ORIGIN: Final = re.compile(r"https?://[^\s/?#\"'<>\\]{1,300}", re.IGNORECASE)


class UrlHostNormaliser:
    name = "url_host"
    examples = (
        ("http://10.0.0.7:9000/a?b", "https://shop.example/a?b", True),
        ("see http://a/1 and http://b/2", "see http://c/1 and http://c/2", True),
        ("http://a/1", "/1", True),
        ("http://a", "http://b/", True),
        ("http://a/1", "http://a/2", False),
    )

    def normal(self, value: Any, how: Normalise) -> Hashable | None:  # noqa: ARG002 - no options
        if not isinstance(value, str):
            return None
        without = _ORIGIN.sub("", value)
        return "/" if without == "" and value else without

    def near(self, control: Any, candidate: Any, how: Normalise) -> bool:  # noqa: ARG002 - equal is near enough
        return True


NORMALISER = UrlHostNormaliser()
