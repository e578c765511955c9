"""The status of an instance for people. Pure, and without rich: health checks run it every few seconds."""

from __future__ import annotations

from typing import Any

from proxy.model.keep import DAY
from proxy.model.printable import printable

Document = dict[str, Any]


def status_text(status: Document) -> str:
    """``status`` is what ``/api/v1/status`` answers."""
    return "\n".join(
        [
            *_head(status),
            "",
            *_processes(status),
            "",
            *_backends(status),
            "",
            *_requests(status),
            *_store(status["store"]),
        ]
    )


def _store(store: Document) -> list[str]:
    """Its size of what it may have, the age of the oldest contents, and what went before its time."""
    keep = store["keep"]
    oldest = f", requests and answers since {store['oldest_contents'][:19]}Z" if store["oldest_contents"] else ""
    early = f"; {store['removed']['size']:,} pairs lost them early, for its size" if store["removed"]["size"] else ""
    contents, evidence = (f"{keep[name] / DAY:g} days" for name in ("contents_seconds", "evidence_seconds"))
    return [
        f"store: {store['bytes'] / 2**20:,.0f} of {keep['bytes'] / 2**20:,.0f} MiB{oldest}",
        f"  kept: requests and answers {contents}, outcomes {evidence}{early}",
    ]


def _head(status: Document) -> list[str]:
    table, certificates = status["table"], status["certificates"]
    scheme = "http" if certificates is None else "https"
    return [
        f"{status['state']}: {scheme}://{status['listen']}, admin http://{status['admin']}",
        f"table version {status['table_version']} from {printable(table['source'])}",
        printable(f"  since {table['since'][:19]}Z by {table['by']}{': ' * bool(table['reason'])}{table['reason']}"),
        *(_certificate(one) for one in (certificates["in_use"] if certificates is not None else ())),
        *(f"! {printable(line)}" for reason in status["reasons"] for line in reason.splitlines()),
    ]


def _certificate(certificate: Document) -> str:
    names = ", ".join(certificate["names"]) or "no host name"
    return printable(f"certificate {certificate['certificate']} for {names} until {certificate['expires_at'][:10]}")


def _processes(status: Document) -> list[str]:
    pressure = {worker["worker"]: worker for worker in status["overload"]}
    rows = [
        [
            p["role"],
            str(p["pid"] or "-"),
            str(p["restarts"]),
            f"{p['started_at'][:19]}Z",
            _pressure(pressure.get(p["index"])) if p["role"] == "proxy" else "",
            "" if p["ready"] else "not ready",
        ]
        for p in status["processes"]
    ]
    return _columns(["role", "pid", "restarts", "since", "pressure", ""], rows)


def _pressure(worker: Document | None) -> str:
    """Of the cause that presses most, and what is shed for it."""
    if worker is None:
        return "-"
    cause, share = max(worker["pressure"].items(), key=lambda item: item[1])
    shed = "" if worker["step"] == "none" else f", {worker['step'].replace('_', ' ')}"
    return f"{share:.0%} {cause}{shed}"


def _backends(status: Document) -> list[str]:
    rows = [
        [
            printable(b["name"]),
            f"{b['in_flight']:,}",
            f"{b['waiting']:,}",
            f"{b['answered']:,}",
            f"{b['failed']:,}",
            _breaker(b["breaker"]),
            " ".join(b["urls"]),
        ]
        for b in status["backends"]
    ]
    return _columns(["backend", "in flight", "waiting", "answered", "failed", "breaker", "urls"], rows)


def _breaker(workers: dict[str, int]) -> str:
    """Workers do not talk about their breakers, so they may differ."""
    if len(workers) <= 1:
        return "".join(workers) or "-"
    return ", ".join(f"{n} {state}" for state, n in sorted(workers.items()))


def _requests(status: Document) -> list[str]:
    tap = status["tap"]
    lines = [
        f"{status['unclaimed']:,} requests that no route claims went to legacy",
        f"tap: {tap['sent']:,} sent, {tap['done']:,} done, {tap['waiting_bytes']:,} bytes waiting",
    ]
    if tap["dropped"]:
        lines.append(f"dropped of {tap['eligible']:,} copies: {_reasons(tap['dropped'])}")
    if len(tap["workers"]) > 1:
        lines += [_shadow_worker(worker) for worker in tap["workers"]]
    return lines


def _shadow_worker(worker: Document) -> str:
    line = f"shadow/{worker['worker']}: {worker['done']:,} done, {worker['waiting']:,} waiting"
    return f"{line}, dropped: {_reasons(worker['dropped'])}" if worker["dropped"] else line


def _reasons(counts: dict[str, int]) -> str:
    return ", ".join(f"{reason.replace('_', ' ')} {count:,}" for reason, count in counts.items())


def _columns(header: list[str], rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [header, *rows]
    ]
