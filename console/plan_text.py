"""A plan for people. Pure: of the document that programs get, too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from proxy.model.printable import printable
from shadow.figures import plural, short

Document = dict[str, Any]

MOST_MOVES = 10


def plan_text(document: Document) -> str:
    return "\n".join([*_changes(document), *_requests(document["requests"])])


def _changes(document: Document) -> Iterator[str]:
    told = [one["text"] for one in document["changes"]] + document["taken"]
    if not told:
        yield "Nothing changes but comments and layout."
    yield from (printable(f"- {text}") for text in told)


def _requests(requests: Document | None) -> Iterator[str]:
    if requests is None:
        yield "No requests are recorded to look at."
        return
    if not requests["read"]:
        yield "No recorded request can be looked at."
        return
    share = f"{requests['share'] * 100:.3g} %"
    whole = plural(requests["read"], "recorded request")
    yield f"{requests['change_owner']:,} of {whole} would change owner ({share}); recorded are a few of each sort, not all."
    for move in requests["moves"][:MOST_MOVES]:
        yield printable(f"  {move['count']:,}: {_owner(move['from'])} -> {_owner(move['to'])}")
        for one in move["examples"]:
            yield printable(f"      {one['method']} {short(one['target'], 56)}")
    if (hidden := len(requests["moves"]) - MOST_MOVES) > 0:
        yield f"  and {plural(hidden, 'other move')}: --format json has all"


def _owner(owner: Document) -> str:
    return f"{owner['backend']} ({owner['route'] or 'no route'})"
