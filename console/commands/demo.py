"""``strangler demo``."""

from __future__ import annotations

import sys

import click

from console.exits import Undecided
from console.options import option


@click.command("demo")
@option("--stay/--no-stay", default=True, help="Keep it running until Ctrl-C when on a terminal (the default).")
def command(stay: bool) -> None:
    """Play the five-minute story.

    Starts a real monolith (httpbin), a new service with planted faults and strangler between them, sends a few thousand
    requests, and prints the report.
    """
    try:
        from demo.story import run  # noqa: PLC0415 - an extra, which an installation may do without
    except ImportError as error:
        raise Undecided(f"the demo is not installed ({error}): pip install 'strangler[demo]'") from error
    sys.exit(run(stay=stay))
