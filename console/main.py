"""The command line. Commands are imported when they are used, so that the tool starts at once."""

from __future__ import annotations

import errno
import importlib
import sys
import traceback
from typing import Any, Final, cast

import click

from console.exits import Exit, Undecided
from console.options import option

COMMANDS: Final = {
    "serve": "Run it: proxy workers, shadow workers, admin port.",
    "init": "Write a commented routes.yaml to begin with.",
    "check": "Find every mistake in a route table.",
    "explain": "Tell which route claims a request, who answers it, and why.",
    "stage": "Tell the stage of every route.",
    "weight": "Change how requests are split between backends.",
    "kill": "Send everything back to legacy at once.",
    "plan": "Tell what another route table would change.",
    "apply": "Check FILE, tell what it would change, and put it in force.",
    "history": "List the versions of the route table: when, who, why, and what changed.",
    "rollback": "Put an earlier route table in force again.",
    "schema": "Print the JSON Schema of routes.yaml, for editors.",
    "report": "Show how the answers compare, route by route, worst first.",
    "diffs": "List what differs, most frequent first.",
    "show": "Show one pair side by side.",
    "triage": "List what people decided about signatures, or decide about one.",
    "waive": "Accept a difference: write its rule into the route table.",
    "epoch": "Let evidence count anew from now on, or list when it did.",
    "compare": "Compare two saved bodies or answers with a route's rules.",
    "suggest": "Propose compare rules, as YAML to paste into the route table.",
    "rejudge": "Tell what the verdicts would have been under other rules.",
    "replay": "Send stored requests to a new build and compare its answers.",
    "purge": "Remove what is recorded of a person, a route or old times.",
    "audit": "List who changed what, and who looked at recorded bodies: the newest first.",
    "status": "Tell how the running instance is.",
    "user": "Say who may use the admin port, and what they may do there.",
    "demo": "Play the five-minute story.",
}
"""What each command does in one sentence, in the order of a newcomer's day; its file in ``commands/`` says the same."""


class Commands(click.Group):
    """Finds commands by name in ``console/commands/`` and lists them without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"console.commands.{cmd_name}")
        return cast("click.Command", module.command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            from proxy.table.mistakes import did_you_mean  # noqa: PLC0415 - only who mistypes waits for it

            meant = did_you_mean(args[0], COMMANDS) or "`strangler --help` lists them"
            ctx.fail(f"No such command {args[0]!r}; {meant}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Nobody reads a traceback who did not ask for one."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except OSError as error:
            if error.errno == errno.EPIPE:  # whoever read our output has seen enough; click ends quietly
                raise
            raise Undecided(f"{error.filename or 'input or output'}: {error.strerror or error}") from error
        except Exception as error:
            if ctx.params["traceback"]:
                traceback.print_exc()
            raise Undecided(
                f"a fault of ours: {type(error).__name__}: {error}\n"
                "Please report it, with what `strangler --traceback COMMAND ...` prints."
            ) from error


def _print_version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted:
        from console.version import version  # noqa: PLC0415 - the package's metadata is read only when asked for

        click.echo(f"strangler {version()}")
        ctx.exit(Exit.FINE)


@click.group(
    cls=Commands,
    epilog="Exit codes: 0 fine, 1 findings or invalid input, 2 usage, 3 could not decide.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Show the version."
)
@option("--traceback", is_flag=True, help="Show where an unexpected failure came from.")
def main(traceback: bool) -> None:  # noqa: ARG001 - Commands.invoke reads it
    """A routing proxy for moving off a monolith, route by route, with proof that the answers stay right."""
    for stream in (sys.stdout, sys.stderr):
        # Names of files and requests may hold bytes that are no text; printing them must not fail.
        cast("Any", stream).reconfigure(errors="backslashreplace")
