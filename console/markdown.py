"""Text of strangers in Markdown: nothing in it can end its line, its cell or its code, become a link or markup, or call a person. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from proxy.model.printable import printable
from shadow.figures import short

MOST_IN_CODE: Final = 120
"""Characters of one value: it stands in a table that has to be read."""

_PLAIN: Final = re.compile(r"[\w,.;:()%'\"/+=-]+")
"""Words that mean nothing in Markdown, wherever they stand."""
_TELLING: Final = re.compile(r"_|://|^www\.|^/", re.IGNORECASE)
"""What makes markup, a link or a command of one of those."""
_ENDS: Final = re.compile(r"(?P<before>[(\"']*)(?P<word>.*?)(?P<after>[,.;:)\"']*)")


def code(text: str, most: int = MOST_IN_CODE) -> str:
    """``text`` as code, in a cell of a table too."""
    shown = printable(short(text, most)) or " "
    # Renderers disagree on what a backslash before a bar means.
    shown = re.sub(r"(\\?)\|", lambda found: "\\\\x7c" if found[1] else "\\|", shown)
    longest = max(map(len, re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    edge = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{edge}{shown}{edge}{fence}"


def prose(text: str) -> str:
    """``text`` as a sentence of ours; words in it that are not plain are code."""
    return " ".join(_word(word) for word in printable(text).split(" "))


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """The lines of a table. A head that ends with ``:`` is of a column of numbers. Cells are Markdown."""
    heads = list(heads)
    lines = [_row(head.removesuffix(":") for head in heads), f"|{'|'.join(_rule(head) for head in heads)}|"]
    return [*lines, *map(_row, rows)]


def _word(word: str) -> str:
    if word == "->":
        return "→"
    if _PLAIN.fullmatch(word) and not _TELLING.search(word):
        return word
    parts = _ENDS.fullmatch(word)
    if parts is None or not parts["word"]:
        return word and code(word)
    return f"{parts['before']}{code(parts['word'])}{parts['after']}"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _rule(head: str) -> str:
    return "---:" if head.endswith(":") else "---"
