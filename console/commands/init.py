"""``strangler init``."""

from __future__ import annotations

import click

from console.exits import Invalid
from console.first_table import first_table
from console.options import config_option, option
from console.output import write_whole
from proxy.table.load import load_table, transparent_table
from proxy.table.mistakes import BadTable


@click.command("init")
@option("--legacy", metavar="URL", required=True, help="Where the monolith is, as in http://127.0.0.1:8000.")
@config_option
@option("--force", is_flag=True, help="Replace the file if there is one.")
def command(legacy: str, config: str, force: bool) -> None:
    """Write a commented routes.yaml to begin with.

    In it everything goes to the monolith, and nothing changes for anybody. Existing files are left alone.

    Exit codes: 0 written, 1 the URL is no good, or the file is there already.
    """
    try:
        transparent_table(legacy)
    except BadTable as error:
        raise Invalid(
            "\n".join(f"--legacy: {m.message}; {m.suggestion or 'correct it'}" for m in error.mistakes)
        ) from error
    text = first_table(legacy)
    load_table(text, source=config)
    try:
        write_whole(config, text, replace=force)
    except FileExistsError as error:
        raise Invalid(f"{config} is there already: choose another with --config, or replace it with --force") from error
    except OSError as error:
        raise Invalid(f"cannot write {config}: {error.strerror}") from error
    click.echo(config)
    click.echo(
        f"Everything goes to {legacy} for now. Next:\n"
        f"  strangler serve{'' if config == 'routes.yaml' else f' --config {config}'}    and send your requests to port 8080\n"
        "  then name a new service in the file and shadow a route; its comments say how",
        err=True,
    )
