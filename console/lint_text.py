"""The codes of ``strangler check`` for people: one in a terminal, all as a page. Pure."""

from __future__ import annotations

from typing import Final

from console.lint import LINTS, Lint

MOST_LINES: Final = 12
"""Of an example: what follows is more of the same."""

_PAGE: Final = """\
# What `strangler check` says

Every mistake and warning has a code in brackets at the end of its line, which keeps its meaning from version to version.
`strangler check --explain CODE` prints the section in the terminal; `--format json` has the code of each. **Errors** keep a table from being loaded: what is
in force stays. **Warnings** are told by `check` alone; with `--strict` they end it with 1 too, for a CI.

```text
routes.yaml:8:12: error: there is no backend "order" [unknown-backend]
    8 |     split: { order: 5, legacy: 95 }
      |              ^^^^^
  help: did you mean "orders"?
```

| code | | |
|---|---|---|
"""


def lint_text(code: str) -> str:
    """For a terminal, at most 80 columns where the example allows it."""
    from textwrap import fill, indent  # noqa: PLC0415 - only who asks waits for it

    lint = LINTS[code]
    parts = (
        f"{code} ({lint.severity})",
        fill(lint.means, 80),
        f"For example:\n\n{indent(_example(lint), '    ')}".rstrip(),
        fill(f"What to do: {lint.mend}", 80),
    )
    return "\n\n".join(parts) + "\n"


def lint_page() -> str:
    """docs/reference/lint.md."""
    rows = "".join(f"| [`{code}`](#{code}) | {lint.severity} | {lint.means} |\n" for code, lint in LINTS.items())
    return _PAGE + rows + "".join(_section(code, lint) for code, lint in LINTS.items())


def _section(code: str, lint: Lint) -> str:
    return f"\n## {code}\n\n{lint.severity.capitalize()}. {lint.means}\n\n```text\n{_example(lint)}```\n\n{lint.mend}\n"


def _example(lint: Lint) -> str:
    lines = lint.example.splitlines()
    more = [f"  # ... and {len(lines) - MOST_LINES} more lines like these"] if len(lines) > MOST_LINES else []
    return "\n".join([*lines[:MOST_LINES], *more]) + "\n"
