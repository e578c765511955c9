"""What rules hide, for people: one line on all of them, one for each that wants to be looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from shadow.figures import plural

Document = dict[str, Any]

MOST: Final = 3


def rules_lines(route: Document) -> Iterator[str]:
    used = sorted((rule for rule in route["rules"] if rule["hid"]), key=lambda rule: -rule["hid"])
    if used:
        named = [f"{rule['rule']} {rule['hid']:,}" for rule in used[:MOST]]
        more = f", and {plural(len(used) - MOST, 'more rule')}" if len(used) > MOST else ""
        yield f"rules hid differences in pairs: {', '.join(named)}{more}"
    if route["noise"]["asked_twice"]:
        noise = route["noise"]
        yield (
            f"control asked twice for {plural(noise['asked_twice'], 'pair')}, {noise['by_dice']:,} by dice; it disagreed with itself "
            f"at {plural(noise['places'], 'place')}"
        )


def rules_warnings(route: Document) -> Iterator[str]:
    for rule in route["rules"]:
        if rule["ending"]:
            yield str(rule["ending"])
        for kind in rule["kinds"]:
            if kind["is_news"]:
                yield (
                    f"the rule {rule['rule']} began to hide {kind['kind']} on {kind['first_seen'][:10]}, "
                    f"{plural(kind['pairs'], 'pair')} so far: look at it"
                )
