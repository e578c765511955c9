"""``strangler schema``."""

from __future__ import annotations

import click

from console.output import print_json
from proxy.table.schema import json_schema


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of routes.yaml, for editors.

    `strangler schema > routes.schema.json`, then make this the first line of routes.yaml:
    `# yaml-language-server: $schema=routes.schema.json`
    """
    print_json(json_schema())
