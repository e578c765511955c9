"""The status of an instance for people. Pure, and without rich: health checks run it every few seconds."""

from __future__ import annotations

from typing import Any

from proxy.model.printable import printable


def status_text(status: dict[str, Any]) -> str:
    """``status`` is what ``/api/v1/status`` answers."""
    table, tap = status["table"], status["tap"]
    lines = [
        f"{status['state']}: http://{status['listen']}, admin http://{status['admin']}",
        f"table version {status['table_version']} from {printable(table['source'])}, {table['loaded_at'][:19]}Z",
        *(f"! {printable(line)}" for reason in status["reasons"] for line in reason.splitlines()),
        "",
        *_columns(
            ["role", "pid", "restarts", "since", ""],
            [
                [
                    p["role"],
                    str(p["pid"] or "-"),
                    str(p["restarts"]),
                    f"{p['started_at'][:19]}Z",
                    "" if p["ready"] else "not ready",
                ]
                for p in status["processes"]
            ],
        ),
        "",
        *_columns(
            ["backend", "in flight", "answered", "failed", "urls"],
            [
                [
                    printable(b["name"]),
                    f"{b['in_flight']:,}",
                    f"{b['answered']:,}",
                    f"{b['failed']:,}",
                    " ".join(b["urls"]),
                ]
                for b in status["backends"]
            ],
        ),
        "",
        f"tap: {tap['sent']:,} sent, {tap['done']:,} done, {tap['waiting_bytes']:,} bytes waiting",
    ]
    if tap["dropped"]:
        dropped = ", ".join(f"{reason.replace('_', ' ')} {count:,}" for reason, count in tap["dropped"].items())
        lines.append(f"dropped of {tap['eligible']:,} copies: {dropped}")
    return "\n".join(lines)


def _columns(header: list[str], rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [header, *rows]
    ]
