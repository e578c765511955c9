from __future__ import annotations

import pytest

from console.table_choice import Choice, NoChoice, Said, choose_table

URL = "http://127.0.0.1:8000"
DEFAULT = ("routes.yaml", Said.NOBODY)


def chosen(config: tuple[str, Said], legacy: tuple[str | None, Said], *, exists: bool) -> Choice:
    return choose_table(config, legacy, config_exists=exists)


def test_a_url_alone_needs_no_file() -> None:
    assert chosen(DEFAULT, (URL, Said.COMMAND_LINE), exists=False) == Choice(None, URL)


def test_the_file_in_the_working_directory_is_used() -> None:
    assert chosen(DEFAULT, (None, Said.NOBODY), exists=True) == Choice("routes.yaml", None)


def test_a_named_file_is_used_even_if_it_is_missing_so_that_its_absence_is_told() -> None:
    assert chosen(("x.yaml", Said.COMMAND_LINE), (None, Said.NOBODY), exists=False) == Choice("x.yaml", None)


def test_without_either_both_ways_out_are_told() -> None:
    with pytest.raises(NoChoice) as refused:
        chosen(DEFAULT, (None, Said.NOBODY), exists=False)
    assert "strangler serve --legacy" in str(refused.value)
    assert "strangler init --legacy" in str(refused.value)


@pytest.mark.parametrize("said", [Said.COMMAND_LINE, Said.ENVIRONMENT])
def test_two_with_equal_right_are_refused(said: Said) -> None:
    with pytest.raises(NoChoice, match="give one of them"):
        chosen(("x.yaml", said), (URL, said), exists=True)


def test_a_url_beats_the_default_file_and_says_so() -> None:
    choice = chosen(DEFAULT, (URL, Said.COMMAND_LINE), exists=True)
    assert (choice.config, choice.legacy) == (None, URL)
    assert choice.note is not None
    assert "routes.yaml is not used" in choice.note


@pytest.mark.parametrize("exists", [True, False])
def test_the_command_line_beats_the_environment(exists: bool) -> None:
    by_url = chosen(("x.yaml", Said.ENVIRONMENT), (URL, Said.COMMAND_LINE), exists=exists)
    by_file = chosen(("x.yaml", Said.COMMAND_LINE), (URL, Said.ENVIRONMENT), exists=exists)
    assert by_url.legacy == URL
    assert by_file.config == "x.yaml"
    assert "not used" in (by_file.note or "")


def test_a_file_that_an_image_names_and_nobody_mounted_gives_way() -> None:
    assert chosen(("x.yaml", Said.ENVIRONMENT), (URL, Said.ENVIRONMENT), exists=False).legacy == URL
