from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.table.versions import (
    NoVersion,
    change_words,
    diff_of,
    history_document,
    text_of,
    version_document,
    version_to_restore,
)
from proxy.model.versions import TableVersion, hash_of


def version(number: int, text: str | None, source: str = "/etc/routes.yaml") -> TableVersion:
    return TableVersion(number, 1_774_958_400.0, "ada", "because", hash_of(text or source), source, text)


A, B, C = version(1, "a: 1\nb: 2\n"), version(2, "a: 1\nb: 3\n"), version(3, "a: 1\n")


def test_the_list_is_newest_first_with_the_first_words_of_each_change() -> None:
    document = history_document([A, B, C], limit=2)
    assert document["count"] == 3
    changes = [(one["version"], one["change"]) for one in document["versions"]]
    assert changes == [(3, "without: b: 3"), (2, "b: 3")]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (None, A, "2 lines"),
        (version(1, "a\nb\nc\n"), version(2, "a\nx\ny\nc\n"), "x (and 1 more)"),
        (version(1, "a\nb\n"), version(2, "a\nb\nb\n"), "b"),
        (version(1, "a\r\n"), version(2, "a\n"), "line ends"),
        (version(1, "a\nb\nc\nd\n"), version(2, "a\nd\n"), "without: b (and 1 more)"),
        (A, version(2, None, "--legacy http://127.0.0.1:8000"), "--legacy http://127.0.0.1:8000"),
        (A, version(2, None), ""),
        (version(1, None), A, "2 lines"),
        (A, version(2, "x" * 500), f"{'x' * 100} (and 1 more)"),
    ],
)
def test_a_change_is_its_first_line_and_how_many_more(
    before: TableVersion | None, after: TableVersion, words: str
) -> None:
    assert change_words(before, after) == words


@given(old=st.lists(st.sampled_from("abc ")), new=st.lists(st.sampled_from("abc ")))
def test_any_two_texts_have_words_for_their_difference(old: list[str], new: list[str]) -> None:
    one, other = version(1, "\n".join(old)), version(2, "\n".join(new))
    assert change_words(one, other)


def test_one_version_comes_with_its_text_and_the_difference_from_the_one_before() -> None:
    document = version_document([A, B, C], 2)
    assert (document["before"], document["text"]) == (1, B.text)
    assert document["diff"] == "--- version 1\n+++ version 2\n@@ -1,2 +1,2 @@\n a: 1\n-b: 2\n+b: 3\n"
    assert version_document([A, B], 1)["diff"].startswith("--- nothing\n+++ version 1\n")
    gone = version_document([A, version(2, None)], 2)
    assert (gone["before"], gone["diff"], gone["text"]) == (None, None, None)
    assert diff_of(A, A) == ""


def test_what_is_not_there_is_said() -> None:
    with pytest.raises(NoVersion, match="no version 9: there are 1 to 3"):
        version_document([A, B, C], 9)
    with pytest.raises(NoVersion, match="so old that it was dropped"):
        text_of(version(2, None))
    with pytest.raises(NoVersion, match="it had no file"):
        text_of(version(2, None, "--legacy http://127.0.0.1:8000"))


def test_back_is_to_the_newest_version_that_says_something_else_than_the_file() -> None:
    assert version_to_restore([A, B], None, B.text or "") == A
    assert version_to_restore([A, B, C], None, "nonsense") == C
    assert version_to_restore([A, B, version(3, B.text)], None, B.text or "") == A
    assert version_to_restore([A, B, version(3, None)], None, B.text or "") == A
    assert version_to_restore([A, B, C], 1, C.text or "") == A
    with pytest.raises(NoVersion, match="no version before"):
        version_to_restore([A], None, A.text or "")
