"""Which table to serve with: a file, or everything to one URL. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Said(IntEnum):
    """Who said what an option is. Who is higher is believed."""

    NOBODY = 0
    ENVIRONMENT = 1
    COMMAND_LINE = 2


@dataclass(frozen=True, slots=True)
class Choice:
    """One of ``config`` and ``legacy`` is None. ``note`` says what was given and is not used."""

    config: str | None
    legacy: str | None
    note: str | None = None


class NoChoice(Exception):
    """It is not clear where requests should go; the message gives the ways out."""


def choose_table(config: tuple[str, Said], legacy: tuple[str | None, Said], *, config_exists: bool) -> Choice:
    """Each option comes with who said it. The command line beats the environment, that beats the default file. Raises
    NoChoice where both were said with equal right, and where there is nothing to go by."""
    (path, path_said), (url, url_said) = config, legacy
    if url is None:
        if path_said is Said.NOBODY and not config_exists:
            raise NoChoice(
                f"nothing says where requests should go, and there is no {path} here.\n"
                "  Send everything to the monolith:  strangler serve --legacy http://127.0.0.1:8000\n"
                "  Begin with a route table:         strangler init --legacy http://127.0.0.1:8000"
            )
        return Choice(path, None)
    if path_said > url_said:
        return Choice(path, None, f"--legacy {url} is not used, since the command line names a route table")
    # An image may name a file that nobody mounted; then the URL was meant.
    if path_said is url_said and (config_exists or path_said is Said.COMMAND_LINE):
        raise NoChoice(
            f"--config {path} and --legacy {url} both say where requests should go: give one of them "
            "(a table's own `legacy` backend is the place for the URL)"
        )
    return Choice(None, url, f"{path} is not used: --legacy sends everything to {url}" if config_exists else None)
