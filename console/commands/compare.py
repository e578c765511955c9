"""``strangler compare``."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from typing import Any, Final

import click

from console.exits import Exit
from console.options import config_option, format_option, route_option
from console.output import print_json
from console.pair import difference_document
from console.pair_text import differences_list
from console.recorded import unknown_route
from console.saved import Unusable, labelled, read_saved
from console.table_file import table_of
from console.terminal import show
from proxy.model.table import CompareRules
from shadow.compare import Limits, compare
from shadow.figures import plural
from shadow.model import Answer, Comparison
from shadow.rendering.renderer import Renderer
from shadow.rendering.told import Rendered

_TIMED: Final = Limits(clock=time.thread_time)


@click.command("compare")
@click.argument("left")
@click.argument("right")
@route_option
@format_option("text", "json")
@config_option
def command(left: str, right: str, route: str | None, format_: str, config: str) -> None:
    """Compare two saved bodies or answers with a route's rules.

    LEFT is the control, RIGHT the candidate: files with a body, or with a whole answer as `curl -i` prints it. The
    type of a body is told by the end of its name (.html, .xml, .jsonl.gz), else by its look. `-` is standard input. Without --route the default rules are used, and no route table is needed.

    Exit codes: 0 equal, 1 different, 2 usage, 3 the bodies could not be compared.
    """
    control, candidate = _answers(left, right)
    rules = _rules(config, route)
    comparison = compare(control, candidate, rules, today=datetime.now(UTC).date(), limits=_TIMED)
    outcome = _outcome(comparison)
    if format_ == "json":
        print_json(
            _document(comparison, outcome, _rendered(control, candidate, rules) if outcome == "different" else {})
        )
    else:
        _print_text(comparison, outcome)
    sys.exit({"equal": Exit.FINE, "different": Exit.FINDINGS, "undecided": Exit.UNDECIDED}[outcome])


def _answers(left: str, right: str) -> tuple[Answer, Answer]:
    if left == right == "-":
        raise click.UsageError("only one of LEFT and RIGHT can be standard input")
    try:
        (control, control_whole), (candidate, candidate_whole) = read_saved(left), read_saved(right)
    except Unusable as error:
        raise click.UsageError(str(error)) from error
    if control_whole != candidate_whole:
        whole, body = (left, right) if control_whole else (right, left)
        raise click.UsageError(f"{whole} is a whole answer, {body} only a body: give two of a kind")
    if not control_whole:
        control, candidate = labelled((control, candidate), (left, right))
    return control, candidate


def _rules(config: str, route: str | None) -> CompareRules:
    if route is None:
        return CompareRules()
    routes = {one.name: one for one in table_of(config).routes}
    if route not in routes:
        raise click.BadParameter(unknown_route(route, list(routes)), param_hint="--route")
    return routes[route].compare


def _outcome(comparison: Comparison) -> str:
    if comparison.differences:
        return "different"
    return "undecided" if comparison.undecodable else "equal"


def _rendered(control: Answer, candidate: Answer, rules: CompareRules) -> Rendered:
    with Renderer() as renderer:
        return renderer.render(control, candidate, rules)


def _document(comparison: Comparison, outcome: str, deepdiff: Rendered) -> dict[str, Any]:
    return {
        "outcome": outcome,
        "differences": [difference_document(difference) for difference in comparison.differences],
        "waived": [{**difference_document(difference), "waiver": path} for difference, path in comparison.waived],
        "limit": comparison.limit,
        "undecodable": comparison.undecodable,
        "deepdiff": deepdiff,
    }


def _print_text(comparison: Comparison, outcome: str) -> None:
    verdicts = {
        "equal": "equal",
        "different": f"different in {plural(len(comparison.differences), 'place')}",
        "undecided": f"could not be compared: {comparison.undecodable}",
    }
    show(verdicts[outcome])
    if comparison.differences:
        show(differences_list([(difference_document(one), "") for one in comparison.differences]))
    if comparison.limit:
        show(f"there may be more: {comparison.limit}")
    if comparison.waived:
        show("waived")
        show(differences_list([(difference_document(one), f"by {path}") for one, path in comparison.waived]))
