"""Writes the pages of docs/reference/ that follow from the code: ``python -m console.reference``. A test keeps them up to date."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from console.lint_text import lint_page
from console.main import COMMANDS, main
from console.metrics import OF_STATUS, exposed_name
from proxy.model.metrics import LATENCY_BUCKETS_MS, METRICS, Metric

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "reference"

_CLI = """\
# Command line

`strangler COMMAND --help` says the same in the terminal. `python -m console` is `strangler` too.

- **Results go to stdout, everything else to stderr.** Colours only on a terminal, and never with `NO_COLOR`.
- **Exit codes**: 0 fine, 1 findings or invalid input, 2 usage, 3 could not decide (no store, no running instance).
- **Every option has an environment variable**, named in the tables; the command line beats it.
- `HOST:PORT` is `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`, or `:8080` for all addresses of the machine. Port 0 lets the machine
  choose; the log and `strangler status` tell what it chose.

| command | does |
|---|---|
"""

_METRICS = f"""\
# Metrics

`GET /metrics` on the admin port: one page for the whole instance, in Prometheus's text format, or OpenMetrics for a scraper that asks for
it. Every process counts in shared memory of its own; the page adds them up. What a process counted stays counted when it dies; its gauges go.

Labels are names from the route table, backends' names and URLs, and words of our own, never paths, hosts or users, so their number is bounded by the
table: a process keeps at most 65,536 series. `(unclaimed)` is the route label of what no route claims.

Buckets of the histogram, in seconds: {", ".join(f"{bound / 1000:g}" for bound in LATENCY_BUCKETS_MS)}.

| metric | kind | labels | tells |
|---|---|---|---|
"""


def cli_page() -> str:
    """docs/reference/cli.md."""
    overview = "".join(f"| [`{name}`](#strangler-{name}) | {does} |\n" for name, does in COMMANDS.items())
    return _CLI + overview + "\n" + "\n".join(_command(name) for name in COMMANDS)


def metrics_page() -> str:
    """docs/reference/metrics.md."""
    return _METRICS + "".join(
        f"| `{exposed_name(metric)}` | {metric.kind} | {', '.join(f'`{label}`' for label in metric.labels)} | {metric.help} |\n"
        for metric in all_metrics()
    )


def all_metrics() -> Iterator[Metric]:
    """Everything that ``/metrics`` can show."""
    yield from (metric for metric in METRICS.values() if metric.name not in OF_STATUS)
    yield from OF_STATUS.values()


def _command(name: str) -> str:
    command = main.get_command(click.Context(main), name)
    if command is None:
        raise LookupError(name)
    context = click.Context(command, info_name=name)
    usage = " ".join(["strangler", name, *command.collect_usage_pieces(context)])
    text = _paragraphs(inspect.cleandoc(command.help or ""))
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    rows = "".join(map(_row, options))
    table = f"\n| option | environment | default | |\n|---|---|---|---|\n{rows}" if rows else ""
    return f"## strangler {name}\n\n```text\n{usage}\n```\n\n{text}\n{table}"


def _row(option: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in [*option.opts, *option.secondary_opts])
    takes = f" {_takes(option)}" if not option.is_flag else ""
    default = f"`{option.default}`" if option.show_default else ""
    return f"| {names}{takes} | `{option.envvar}` | {default} | {option.help} |\n"


def _takes(option: click.Option) -> str:
    if isinstance(option.type, click.Choice):
        choices: Any = option.type.choices
        return " or ".join(f"`{choice}`" for choice in choices)
    return (option.metavar or option.type.name).replace("|", "\\|")


def _paragraphs(text: str) -> str:
    """One line each, as the help has no other line breaks that matter."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "cli.md").write_text(cli_page(), encoding="utf-8")
    (FOLDER / "metrics.md").write_text(metrics_page(), encoding="utf-8")
    (FOLDER / "lint.md").write_text(lint_page(), encoding="utf-8")
