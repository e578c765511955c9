"""One pair for people: what was asked, where the answers differ, and both answers side by side."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from console.curl import redacted_names
from console.pair import Document
from console.side_by_side import Row, aligned, counted_headers, field_rows, near_differences, paired, readable_lines
from console.terminal import plain_table, safe
from proxy.model.printable import printable
from shadow.figures import plural

_STYLES = {"|": "yellow", "<": "red", ">": "green", "=": "", ".": "dim", "~": "dim"}

_DOT = "A dot: it differs, and that does not count: it is not compared, or means the same."


def pair_text(pair: Document) -> RenderableType:
    return Group(
        Text.assemble(("pair ", "bold"), safe(pair["id"], "bold"), f", {pair['outcome'].replace('_', ' ')}"),
        *_facts(pair),
        *_differences(pair),
        *_answers(pair),
    )


def _facts(pair: Document) -> Iterator[RenderableType]:
    table = plain_table("", "")
    table.show_header = False
    table.add_row("request", safe(f"{pair['method']} {pair['target']}"))
    table.add_row("route", safe(f"{pair['route']}, table version {pair['table_version']}"))
    table.add_row("answered by", safe(f"{pair['primary']}; the copy went to {pair['shadow']}"))
    table.add_row("at", safe(f"{pair['at']}, request id {pair['request_id']}"))
    for side in ("control", "candidate"):
        if pair[side] is not None:
            table.add_row(side, _answer_facts(pair[side]))
    if pair["error"]:
        table.add_row("no answer", safe(pair["error"]))
    yield table


def _answer_facts(answer: Document) -> str:
    body = answer["body"]
    note = f" ({body['note']})" if body["note"] else ""
    return (
        f"{answer['status']}, {body['size']:,} bytes{note}, "
        f"first byte after {answer['first_byte'] * 1000:.1f} ms, all after {answer['total'] * 1000:.1f} ms"
    )


def _differences(pair: Document) -> Iterator[RenderableType]:
    sections = (
        ("differences", [(d, "") for d in pair["differences"]]),
        ("waived", [(d, f"by {d['waiver']}") for d in pair["waived"]]),
    )
    for title, entries in sections:
        if entries:
            yield Text(f"\n{title}", style="bold")
            yield differences_list(entries)
    if pair["noisy"]:
        yield Text("\nnoise: the control does not agree with itself here", style="bold")
        yield Padding(safe(", ".join(pair["noisy"])), (0, 0, 0, 2))


def differences_list(entries: list[tuple[Document, str]]) -> RenderableType:
    """Each difference with a note; below it the two values."""
    parts: list[RenderableType] = []
    for difference, note in entries:
        shown = Text.assemble(safe(difference["path"]), (f"  {difference['kind']}", "dim"), safe(f"  {note}", "dim"))
        values = Text.assemble(_value(difference["control"]), " -> ", _value(difference["candidate"]))
        parts += [Padding(shown, (0, 0, 0, 2)), Padding(values, (0, 0, 0, 6))]
    return Group(*parts)


def _value(value: str | None) -> Text:
    return Text("(absent)", style="dim") if value is None else safe(value)


def _answers(pair: Document) -> Iterator[RenderableType]:
    control, candidate = pair["control"], pair["candidate"]
    if control is None or candidate is None:
        if pair["request"] is None:
            yield Text("\nThe messages are not kept any longer; what was found in them stays.", style="dim")
        return
    rows = _rows(pair)
    yield Text()
    yield _side_by_side(rows)
    if any(row.mark == "." for row in rows):
        yield Text(f"\n{_DOT}", style="dim")


def _rows(pair: Document) -> list[Row]:
    control, candidate = pair["control"], pair["candidate"]
    heads = field_rows(control["headers"], candidate["headers"], counted_headers(pair))
    lines = (readable_lines(answer["body"]["text"]) for answer in (control, candidate))
    status = paired(str(control["status"]), str(candidate["status"]))
    return list(near_differences([status, *heads, Row("=", "", ""), *aligned(*lines)]))


def _side_by_side(rows: list[Row]) -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style="bold", expand=True, padding=(0, 1, 0, 0))
    table.add_column("control", ratio=1, overflow="fold")
    table.add_column("", width=1)
    table.add_column("candidate", ratio=1, overflow="fold")
    for row in rows:
        style = _STYLES[row.mark]
        if row.mark == "~":
            table.add_row(Text(f"... {plural(int(row.left), 'equal line')}", style=style), "", "")
        else:
            table.add_row(safe(row.left, style), "" if row.mark == "=" else row.mark, safe(row.right, style))
    return table


def repeat_text(pair: Document) -> str:
    """The curl line, on one line whatever the width, so that it can be copied; and what to put in before it can work."""
    names = redacted_names(pair["request"]["headers"])
    hint = f"\nRedacted, put your own values there: {printable(', '.join(names))}" if names else ""
    return f"\nrepeat it\n{pair['curl']}{hint}"
