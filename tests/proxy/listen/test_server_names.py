"""Which certificate a client gets for the name it asks for."""

from __future__ import annotations

import pytest

from proxy.listen.server_names import ServerNames

NAMES = ServerNames(
    [["example.com", "www.example.com"], ["*.example.com", "example.org"], ["api.example.com", "EXAMPLE.com"]]
)


@pytest.mark.parametrize(
    ("name", "index"),
    [
        (None, 0),
        ("", 0),
        ("nobody.test", 0),
        ("example.com", 0),
        ("EXAMPLE.COM.", 0),
        ("www.example.com", 0),
        ("shop.example.com", 1),
        ("api.example.com", 2),
        ("a.b.example.com", 0),
        ("example.org", 1),
        ("*.example.com", 1),
        (".example.com", 1),
        ("com", 0),
    ],
)
def test_exact_names_come_before_wildcards_and_the_first_certificate_is_for_the_rest(
    name: str | None, index: int
) -> None:
    assert NAMES.find(name) == index


def test_without_any_name_everybody_gets_the_first() -> None:
    assert ServerNames([[], []]).find("example.com") == 0
