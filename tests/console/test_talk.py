from __future__ import annotations

from console.talk import fitted


def test_what_is_longer_than_the_terminal_goes_on_under_what_it_follows() -> None:
    assert fitted("- one two three four", 12) == "- one two\n  three four"
    assert fitted("    GET /orders", 8) == "    GET\n    /orders"


def test_no_word_is_cut_in_two() -> None:
    assert fitted("read /var/lib/strangler-a/strangler.db", 10) == "read\n/var/lib/strangler-a/strangler.db"


def test_programs_get_lines_whole() -> None:
    assert fitted("one two three four", None) == "one two three four"


def test_excerpts_of_files_stay_as_they_are() -> None:
    excerpt = "routes.yaml:9:47: error: no\n    9 |   ordering:   { split: { orders: 5 } }\n      |              ^^^^^"
    assert fitted(excerpt, 20).split("\n")[-2:] == excerpt.split("\n")[1:]
