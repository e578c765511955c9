"""What a verdict rests on, for people: a few short lines with every number's denominator."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from shadow.figures import plural

Document = dict[str, Any]

MOST_CLASSES: Final = 4


def evidence_lines(route: Document) -> Iterator[str]:
    """Empty for a route without pairs, unless somebody set a mark."""
    if route["first_pair"] is None:
        yield from _marked(route["epoch"])
        return
    yield _evidence(route["readiness"])
    yield _epoch(route)
    kinds = "; ".join(filter(None, (_coverage(route["coverage"]), _classes(route["status_classes"]))))
    yield from filter(None, (kinds, _latency(route)))


def _evidence(readiness: Document) -> str:
    bar = readiness["bar"]
    e, height = _short(readiness["evidence"]), _short(bar["evidence"])
    among = f" as {bar['together']:,} of {bar['routes']:,} routes" if bar["routes"] > 1 else ""
    return f"evidence E {e} of {height}{among}, from {readiness['wrong']:,} wrong in {readiness['pairs']:,}"


def _epoch(route: Document) -> str:
    epoch, first, last = route["epoch"], route["first_pair"], route["last_pair"]
    minutes = (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds() / 60
    span = f"{minutes / 60:.1f} hours" if minutes >= 60 else plural(round(minutes), "minute")
    until = _minute(last) if first[:10] != last[:10] else _minute(last)[11:]
    builds = [f"{side} {epoch[f'{side}_version']}" for side in ("control", "candidate") if epoch[f"{side}_version"]]
    return "; ".join((f"pairs of {span}, {_minute(first)} to {until}", *builds, *_marked(epoch)))


def _marked(epoch: Document) -> list[str]:
    mark = epoch["mark"]
    return [f"marked {_minute(mark['at'])} by {mark['who']}: {mark['reason']}"] if mark else []


def _coverage(coverage: Document) -> str:
    if not coverage["pairs"]:
        return ""
    return f"{plural(coverage['shapes'], 'shape')} in {coverage['pairs']:,} pairs, {coverage['seen_once']:,} seen once"


def _classes(classes: list[Document]) -> str:
    if not classes:
        return ""
    named = [f"{one['control']} -> {one['candidate']} {one['pairs']:,}" for one in classes[:MOST_CLASSES]]
    return f"status {', '.join(named)}{', ...' if len(classes) > MOST_CLASSES else ''}"


def _latency(route: Document) -> str:
    control, candidate, ratio = route["latency_ms"]["control"], route["latency_ms"]["candidate"], route["latency_ratio"]
    if None in (control["p50"], candidate["p50"]):
        return ""
    told = [f"{quantile} {_ms(control[quantile])} -> {_ms(candidate[quantile])} ms" for quantile in ("p50", "p99")]
    if ratio is not None:
        told.append(f"ratio {ratio['p50']:.2f} ({ratio['low']:.2f} to {ratio['high']:.2f}) in {ratio['pairs']:,} pairs")
    return ", ".join(told)


def _ms(milliseconds: float | None) -> str:
    if milliseconds is None:
        return "?"
    return f"{milliseconds:.0f}" if milliseconds >= 10 else f"{milliseconds:.1f}"


def _minute(at: str) -> str:
    return f"{at[:10]} {at[11:16]}Z"


def _short(number: float) -> str:
    """``E`` runs over hundreds of powers of ten; its first digits are enough."""
    return f"{number:,.0f}" if 100 <= number < 1e6 else f"{number:.3g}"
