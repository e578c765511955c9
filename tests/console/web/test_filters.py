from __future__ import annotations

import pytest

from console.web.filters import evidence, file_name, milliseconds, percent_of, size


@pytest.mark.parametrize(
    ("value", "words"), [(0.0, "0"), (1.67e-70, "under 0.01"), (0.02, "0.02"), (39.87, "39.9"), (40.0, "40")]
)
def test_evidence_reads_as_people_write_it(value: float, words: str) -> None:
    assert evidence(value) == words


def test_a_table_is_called_by_its_file_and_a_url_stays_whole() -> None:
    assert file_name("/etc/strangler/routes.yaml") == "routes.yaml"
    assert file_name("--legacy http://127.0.0.1:8000") == "--legacy http://127.0.0.1:8000"


@pytest.mark.parametrize(
    ("part", "words"), [(0, "0 %"), (1, "under 1 %"), (180, "18 %"), (995, "over 99 %"), (1000, "100 %")]
)
def test_what_is_moved_is_never_told_as_none_or_all_before_it_is(part: int, words: str) -> None:
    assert percent_of(part, 1000) == words


@pytest.mark.parametrize(("value", "words"), [(None, "-"), (7.84, "7.8"), (396.4, "396"), (1033.0, "1,033")])
def test_milliseconds_are_written_like_other_numbers(value: float | None, words: str) -> None:
    assert milliseconds(value) == words


@pytest.mark.parametrize(("value", "words"), [(0, "0 bytes"), (1, "1 byte"), (4 * 1024 * 1024, "4.0 MiB")])
def test_a_size_has_its_unit(value: int, words: str) -> None:
    assert size(value) == words
