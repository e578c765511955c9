"""Acts in the words that people read."""

from __future__ import annotations

from console.audit.document import about_words
from console.audit.line import Said, Step


def about(**of: str) -> list[str]:
    return about_words(Said(step=Step.DONE, act="a1", what="GET /pairs/{id}", of=of, status=200))


def test_a_pair_is_named_once_also_if_it_was_asked_for_by_the_beginning_of_its_id() -> None:
    assert about(id="ae2d", pair="ae2da141c15fffa2", route="shop") == ["pair ae2da141c15fffa2, route shop"]
    assert about(id="f9c52cb9-1", pair="ae2da141c15fffa2") == ["id f9c52cb9-1, pair ae2da141c15fffa2"]
    assert about(id="ae2d") == ["id ae2d"]


def test_only_what_became_something_else_has_an_arrow() -> None:
    said = Said(
        step=Step.DONE, act="a1", what="strangler user", words="change ann",
        before={"role": "viewer", "bodies": "yes"}, after={"role": "reviewer", "bodies": "yes", "label": "ci"},
    )  # fmt: skip
    assert about_words(said) == ["change ann: role viewer -> reviewer, bodies yes, label ci"]


def test_failed_logins_are_a_sentence() -> None:
    assert about(times="9", why="no such user", **{"from": "192.0.2.7"}) == ["9 times, no such user, from 192.0.2.7"]
    assert about(times="1", why="a wrong password", user="ada") == ["a wrong password, user ada"]
