"""Whatever strangers wrote, a reader of Markdown sees text, in the cells that we made."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from console.markdown import code, prose, table
from proxy.model.printable import printable

READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
HOSTILE = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="`|\\<>[]()!*_~#&;@:/.-+ \n\r\taA1\x1b\u202e\u2028", max_size=60),
    st.sampled_from(
        ["](javascript:alert(1))", "![x](http://e/p)", "@everyone", "https://e.example", "a||b", "<!-- -->"]
    ),
)


def cells(lines: list[str]) -> list[list[Token]]:
    """The body's cells, row by row, flattened; each is the tokens within it."""
    tokens = READER.parse("\n".join(lines))
    assert [token.type for token in tokens if token.level == 0] == ["table_open", "table_close"]
    return [token.children or [] for token in tokens if token.type == "inline"]


@given(st.lists(HOSTILE, min_size=1, max_size=4))
@example(["`", "|", "\\|", "``"])
@example(["<script>alert(1)</script>", "a\n| b | c |\n", " ", ""])
def test_a_strangers_text_stays_in_its_cell_and_is_code(texts: list[str]) -> None:
    found = cells(table(("a", "n:", "z"), [[code(text), "1", "end"] for text in texts]))
    assert len(found) == 3 * (1 + len(texts))
    for number, text in enumerate(texts, 1):
        (shown,), one, end = found[3 * number : 3 * number + 3]
        assert shown.type == "code_inline"
        assert (one[0].content, end[0].content) == ("1", "end")
        if len(text) < 100 and "|" not in text and text == text.strip(" ") and "  " not in text and text:
            assert shown.content == printable(text)


@given(HOSTILE)
@example("see https://evil.example/x and @team, or www.evil.example/")
@example("_x_ *y* [z](http://e) <b> &amp; ~~a~~ # h - i 1. j :smile: #12")
def test_a_sentence_with_a_strangers_words_is_text_and_code_only(text: str) -> None:
    tokens = READER.parse(f"- {prose(text)}")
    inline = [child for token in tokens if token.type == "inline" for child in token.children or []]
    assert {child.type for child in inline} <= {"text", "code_inline"}
    told = "".join(child.content for child in inline if child.type == "text")
    assert not re.search(r"[@<>&]|://|www\.|#\d", told)


def test_a_sentence_of_ours_stays_as_it_is() -> None:
    said = "100 of 400 (25 %) compared pairs were wrong, more than 1 % allows: mismatch 100; ratio 1.10 (1.08 to 1.12)"
    assert prose(said) == said
    assert prose("most of all $.total type_changes 3x (8b7a), p50 9 -> 11 ms") == (
        "most of all `$.total` `type_changes` 3x (8b7a), p50 9 → 11 ms"
    )


def test_what_is_too_long_to_read_is_cut() -> None:
    assert len(code("x" * 10_000)) < 140
