"""What was found in a route table, as CIs and code hosts read it. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

from console.lint import LINTS
from console.sarif import Document, location, message, rule, sarif_log
from proxy.model.printable import printable
from proxy.table.mistakes import Mistake

FINGERPRINT: Final = "strangler/lint/v1"


def found_github(found: Iterable[Mistake], file: str) -> str:
    """GitHub's workflow commands: each is an annotation at its line in the pull request."""
    return "".join(
        f"::{one.severity} file={_property(file)},line={one.line},col={one.column},title={one.code}::{_data(_sentence(one))}\n"
        for one in found
    )


def found_sarif(found: Iterable[Mistake], file: str, version: str) -> str:
    rules = [
        rule(code, lint.severity, lint.means, lint.means, f"{lint.means} {lint.mend}") for code, lint in LINTS.items()
    ]
    results: list[Document] = [
        {
            "ruleId": one.code,
            "level": one.severity,
            "message": message(_sentence(one)),
            "locations": [location(file, one.line, one.column)],
            "partialFingerprints": {FINGERPRINT: _fingerprint(one)},
        }
        for one in found
    ]
    return json.dumps(sarif_log(version, rules, results), indent=2) + "\n"


def _sentence(one: Mistake) -> str:
    return f"{one.message}; {one.suggestion}" if one.suggestion else one.message


def _fingerprint(one: Mistake) -> str:
    """Of what is wrong, not of where: lines move."""
    told = re.sub(r"\(line [0-9]+\)|in line [0-9]+", "", one.message)
    return hashlib.sha256(f"{one.code}\0{told}".encode("utf-8", "replace")).hexdigest()[:16]


def _data(text: str) -> str:
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    """As GitHub escapes them: nothing in it can begin another property, or the message."""
    return quote(printable(text), safe="/ -_.~@+()[]!$&'*;=#")
