"""A log in SARIF 2.1.0, which code hosts show beside the lines of a file: what our results have in common. Pure."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Any, Final
from urllib.parse import quote

from proxy.model.printable import printable

Document = dict[str, Any]

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif_log(version: str, rules: list[Document], results: list[Document]) -> Document:
    """One run. ``rules`` are of all ``ruleId`` of the results."""
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "strangler", "semanticVersion": version, "rules": rules}},
                "columnKind": "unicodeCodePoints",
                "results": [{"ruleIndex": index[result["ruleId"]], **result} for result in results],
            }
        ],
    }


def rule(id_: str, level: str, short: str, full: str, help_: str) -> Document:
    """``help_`` is Markdown of ours; viewers that show no Markdown show it as text."""
    return {
        "id": id_,
        "shortDescription": {"text": short},
        "fullDescription": {"text": full},
        "help": {"text": help_, "markdown": help_},
        "defaultConfiguration": {"level": level},
    }


def message(text: str) -> Document:
    """Text of strangers is no link and no placeholder (SARIF 2.1.0, sections 3.11.5 and 3.11.6)."""
    escaped = re.sub(r"[\[\]\\]", r"\\\g<0>", printable(text))
    return {"text": re.sub(r"\{([0-9]+)\}", r"{{\1}}", escaped)}


def location(file: str, line: int, column: int | None = None) -> Document:
    """``file`` is relative to the root of the checkout; both numbers count from 1."""
    region = {"startLine": line} if column is None else {"startLine": line, "startColumn": column}
    artifact = {"uri": quote(PurePath(file).as_posix()), "uriBaseId": "%SRCROOT%"}
    return {"physicalLocation": {"artifactLocation": artifact, "region": region}}
