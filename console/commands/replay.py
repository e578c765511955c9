"""``strangler replay``."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Final

import click

from console import recorded
from console.audit.commands import BODIES, Doer, act, trail_of
from console.author import account
from console.exits import Exit, Invalid, Undecided
from console.jobs.files import JobFiles, working
from console.jobs.job import Kind
from console.options import (
    HeaderType,
    Number,
    audit_option,
    config_option,
    format_option,
    option,
    output_option,
    route_option,
    since_option,
    store_option,
)
from console.output import hand_over, json_text
from console.progress import bar
from console.replayed import is_bad, replayed_document
from console.replayed_junit import replayed_junit
from console.replayed_text import replayed_markdown, replayed_text
from console.replaying import known_of
from console.store_files import jobs_directory
from console.table_file import table_of
from console.talk import talk
from console.terminal import as_text, show
from proxy.model.log import rfc3339
from proxy.model.plan import Plan
from proxy.table.address import parse_address
from proxy.table.scalars import Malformed
from shadow.again.replay import Known, Replayed, Target, replay
from shadow.again.saved import BadLine, from_line, to_line
from shadow.figures import plural
from shadow.model import Outcome
from shadow.store import StoredPair
from shadow.store.read_kept import Wanted

_FORMATS: Final[dict[str, Callable[[dict[str, Any]], str]]] = {
    "text": lambda document: as_text(replayed_text(document)).rstrip("\n"),
    "json": json_text,
    "junit": replayed_junit,
    "markdown": replayed_markdown,
}


@click.command("replay")
@click.argument("pairs", nargs=-1)
@option("--against", metavar="URL", help="The new build: http://127.0.0.1:9000.")
@option("--from", "from_", metavar="FILE", help="Take the pairs from a file that --save wrote, not from the store.")
@option("--save", metavar="FILE", help="Write the pairs to a file, for a machine without the store.")
@option("--outcome", type=click.Choice([one.value for one in Outcome]), help="Only pairs with this outcome.")
@option("--limit", type=Number(1, 100_000), default=1000, show_default=True, help="The newest so many pairs.")
@option(
    "-H", "--header", "headers", type=HeaderType(), multiple=True, help="Send this header, in place of a stored one."
)
@option("--unsafe", is_flag=True, help="Send other methods than GET and HEAD too.")
@option("--timeout", type=click.FloatRange(0.1, 600), default=10.0, show_default=True, help="Seconds for one answer.")
@option("--at-once", type=Number(1, 64), default=4, show_default=True, help="Requests at the same time.")
@route_option
@since_option
@format_option(*_FORMATS)
@output_option
@store_option
@audit_option
@config_option
def command(pairs: tuple[str, ...], against: str | None, save: str | None, format_: str, **choice: Any) -> None:
    """Send stored requests to a new build and compare its answers.

    They are held against those that the control gave when users asked. PAIRS are ids as `report` and `diffs` print them; without any, all pairs that --route, --since and --outcome choose. The
    compare rules are those of the route table, where there is one, and so is what it changes in requests to the candidate. What was redacted before it was kept (credentials) is not
    sent: give it with -H. Made for a team's CI: save the pairs once with --save, replay them with --from.

    Exit codes: 0 all equal, 1 an answer differs or is missing, 2 usage, 3 there is nothing to send.
    """
    if (against is None) == (save is None):
        raise click.UsageError("give --against URL to send the requests, or --save FILE to write them down")
    chosen = _chosen(pairs, choice)
    if not chosen:
        raise Undecided("no pair is kept that was asked for; `strangler diffs` names some")
    if save is not None:
        with _audited(choice, chosen, save=Path(save).name):
            _write(save, chosen)
        talk(f"{plural(len(chosen), 'pair')} written to {save}")
        return
    target = Target(
        _address(against or ""),
        headers=_texts(choice["headers"]),
        timeout=choice["timeout"],
        at_once=choice["at_once"],
        unsafe=choice["unsafe"],
    )
    known = _known(choice)
    with _audited(choice, chosen, against=target.url):
        document = replayed_document(_run(chosen, target, known, choice["store"]), target.url, rfc3339(time.time()))
    if format_ == "text" and choice["output"] is None:
        show(replayed_text(document))
    else:
        hand_over(_FORMATS[format_](document), choice["output"])
    if not document["sent"]:
        raise Undecided("nothing was sent; the result says why")
    sys.exit(Exit.FINDINGS if is_bad(document) else Exit.FINE)


def _audited(choice: dict[str, Any], chosen: list[StoredPair], **of: str) -> AbstractContextManager[Any]:
    """A file that --save wrote is out of our hands: what is done with it is not ours to know."""
    if choice["from_"] is not None:
        return nullcontext()
    doer = Doer("replay", trail_of(choice["store"], choice["audit"]))
    return act(doer, BODIES, pair=chosen[0].id, pairs=str(len(chosen)), **of)


def _write(name: str, pairs: list[StoredPair]) -> None:
    """Nobody else may read it: what is redacted still tells what users did."""
    descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(f"{to_line(pair)}\n" for pair in pairs)


def _chosen(ids: tuple[str, ...], choice: dict[str, Any]) -> list[StoredPair]:
    if choice["from_"] is not None:
        return _from_file(choice["from_"], ids, choice["route"])
    outcome = Outcome(choice["outcome"]) if choice["outcome"] else None
    wanted = Wanted(route=choice["route"], since=choice["since"], outcome=outcome, limit=choice["limit"])
    return _from_store(choice["store"], ids, wanted)


def _run(chosen: list[StoredPair], target: Target, known: Mapping[str, Known], store: str) -> list[Replayed]:
    about = f"{plural(len(chosen), 'pair')} against {target.url}"
    with (
        working(JobFiles(jobs_directory(store)), Kind.REPLAY, about, account()) as told,
        bar("replaying", len(chosen), told) as shown,
    ):
        return asyncio.run(replay(chosen, target, known, lambda _: shown.done()))


def _from_store(store: str, ids: Iterable[str], wanted: Wanted) -> list[StoredPair]:
    with recorded.reading(store) as opened:
        if not ids:
            return opened.kept(wanted)
        found = []
        for id_ in ids:
            pair = opened.pair(id_)
            if pair is None:
                raise Invalid(f"no pair is kept whose id begins with {id_!r}; `strangler diffs` names some")
            found.append(pair)
        return found


def _from_file(name: str, ids: tuple[str, ...], route: str | None) -> list[StoredPair]:
    try:
        lines = Path(name).read_text(encoding="utf-8").splitlines()
        pairs = [from_line(line) for line in lines if line.strip()]
    except OSError as error:
        raise Invalid(f"{name}: {error.strerror}; check the path and its permissions") from error
    except UnicodeDecodeError as error:
        raise Invalid(f"{name}: not text") from error
    except BadLine as error:
        raise Invalid(f"{name}: {error}") from error
    return [
        pair for pair in pairs if route in {None, pair.route} and (not ids or any(pair.id.startswith(i) for i in ids))
    ]


def _known(choice: dict[str, Any]) -> dict[str, Known]:
    """By route: the rules of the table, and what the store was told. Neither is needed."""
    config = choice["config"]
    table = table_of(config).routes if Path(config).exists() else ()
    plans: dict[str, Plan] = {}
    if choice["from_"] is None:
        with recorded.reading(choice["store"]) as opened:
            plans = opened.plans()
    return known_of(table, plans)


def _address(text: str) -> str:
    try:
        return parse_address(text).url
    except Malformed as error:
        raise click.BadParameter(f"{error}; {error.help}", param_hint="--against") from error


def _texts(headers: tuple[tuple[bytes, bytes], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("latin-1"), value.decode("utf-8", "surrogateescape")) for name, value in headers)
