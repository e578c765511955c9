"""Where a store is."""

from pathlib import Path

import pytest

from shadow.store import open_store
from shadow.store_url import BadStoreUrl, store_path


def test_three_slashes_are_a_relative_path_and_four_an_absolute_one() -> None:
    assert store_path("sqlite:///strangler.db") == Path("strangler.db")
    assert store_path("sqlite:///var/a b.db") == Path("var/a b.db")
    assert store_path("sqlite:////var/lib/strangler.db") == Path("/var/lib/strangler.db")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "strangler.db",
        "sqlite://x.db",
        "sqlite:///",
        "sqlite:///var/",
        "postgresql://h/db",
        "sqlite:///a?b",
        "sqlite:///a\0",
    ],
)
def test_anything_else_is_refused_with_an_example_of_what_to_write(url: str) -> None:
    with pytest.raises(BadStoreUrl, match=r"write sqlite:///strangler\.db"):
        open_store(url)
