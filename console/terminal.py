"""Where text goes. Tables and colours are rich's; strangers' text is made printable and never read as markup."""

from __future__ import annotations

import io

import click
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from proxy.model.printable import printable

VERDICT_STYLES = {"blocked": "bold red", "inconclusive": "yellow", "not-yet": "cyan", "ready": "bold green"}


def show(result: RenderableType) -> None:
    """Print to standard output: as wide as the terminal, else COLUMNS, else 80; colours on a terminal only, unless NO_COLOR."""
    click.echo(_printed(result, Console(highlight=False, markup=False, emoji=False)), nl=False)


def as_text(result: RenderableType) -> str:
    """For a file: as wide as COLUMNS says, else 80, without colours."""
    return _printed(result, Console(file=io.StringIO(), color_system=None, highlight=False, markup=False, emoji=False))


def _printed(result: RenderableType, out: Console) -> str:
    with out.capture() as captured:
        out.print(result)
    # rich fills cells up to their width: nobody wants to copy that.
    return "\n".join(line.rstrip() for line in captured.get().split("\n"))


def plain_table(*columns: str, right: frozenset[str] = frozenset()) -> Table:
    """A table without lines between columns; those in ``right`` hold numbers."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in columns:
        table.add_column(name, justify="right" if name in right else "left", overflow="fold")
    return table


def safe(text: object, style: str = "") -> Text:
    """Text of a stranger, harmless on a terminal."""
    return Text(printable(str(text)), style=style)
