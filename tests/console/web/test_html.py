from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from console.web.html import join, tag


class Reader(HTMLParser):
    """Reads a document back as its tags and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.text(), st.text())
def test_no_text_becomes_markup_as_child_or_attribute(child: str, value: str) -> None:
    page = Reader(tag("p", child, title=value))
    assert [name for name, _ in page.tags] == ["p"]
    assert len(page.tags[0][1]) == 1
    if child.isprintable() and value.isprintable():
        assert page.text == child
        assert page.tags[0][1] == [("title", value)]


def test_tags_nest_and_stay_markup() -> None:
    assert (
        tag("p", tag("b", "<x>"), " & ", None, class_="a", aria_label=None)
        == '<p class="a"><b>&lt;x&gt;</b> &amp; </p>'
    )


def test_elements_without_an_end_have_none() -> None:
    assert tag("meta", charset="utf-8") == '<meta charset="utf-8">'
    assert tag("rect", x=1) == '<rect x="1"></rect>'


def test_joined_markup_is_markup() -> None:
    assert tag("p", join(tag("b"), "<")) == "<p><b></b>&lt;</p>"


def test_terminal_escapes_and_bidirectional_controls_are_shown_as_what_they_are() -> None:
    assert tag("p", "a\x1b\u202eb") == "<p>a\\x1b\\u202eb</p>"
