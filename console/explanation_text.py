"""Why a request goes where it goes, for people. Pure."""

from __future__ import annotations

import shutil
import textwrap

from proxy.explain import Explanation
from proxy.model.printable import printable
from proxy.model.table import UNCLAIMED

MOST_LINES = 20
"""Of the ladder; a table may have ten thousand routes."""


def explanation_text(explanation: Explanation) -> str:
    request = f"{explanation.method} {explanation.target}"
    if explanation.refused is not None:
        return printable(f"{request}: refused, {explanation.refused}")
    claimed = explanation.route != UNCLAIMED
    facts = [
        ("request", request),
        ("route", f"{explanation.route}, stage {explanation.stage}" if claimed else "none claims it"),
        ("answered by", _with(explanation.backend, "drawn", explanation.backend_reason)),
        ("copied to", _with(explanation.shadow, None, explanation.shadow_reason)),
        *(("with edits", words) for words in explanation.edits),
        ("weights", _weights(explanation)),
        ("identity", _with(explanation.identity, None, explanation.identity_source)),
    ]
    if explanation.rate_limit is not None:
        facts.append(("rate limit", explanation.rate_limit))
    if explanation.moves_at is not None:
        facts.append(
            ("moves", f"to the new side once that has more than {explanation.moves_at * 100:.2f} % of the split")
        )
    return "\n".join([*(_fact(name, value) for name, value in facts), *_ladder(explanation)])


def _weights(explanation: Explanation) -> str:
    whole = sum(weight for _, weight, _ in explanation.weights)
    return ", ".join(f"{name} {weight} of {whole}" for name, weight, _ in explanation.weights)


def _with(value: str | None, absent: str | None, reason: str) -> str:
    shown = value if value is not None else absent
    return f"{shown} ({reason})" if shown is not None else reason


def _ladder(explanation: Explanation) -> list[str]:
    if not explanation.lines:
        return []
    lines = ["", "the ladder, most specific first:"]
    lines += [_filled("  ", "      ", line) for line in explanation.lines[:MOST_LINES]]
    if (more := len(explanation.lines) - MOST_LINES) > 0:
        lines.append(f"  and {more} more; --format json has them all")
    return lines


def _fact(name: str, value: str) -> str:
    return _filled(f"{name:<12}", " " * 12, value)


def _filled(first: str, rest: str, value: str) -> str:
    width = min(shutil.get_terminal_size().columns, 100)
    return textwrap.fill(printable(value), width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
