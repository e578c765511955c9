"""Writes docs/reference/promises.md; with ``--check`` only tells whether it is up to date. Exit code 1: it is not, or a row lacks a test."""

from __future__ import annotations

import sys

from tests.promises.page import PAGE, gaps, marked_tests, render


def main() -> int:
    proved = marked_tests()
    missing = gaps(proved)
    for line in missing:
        sys.stderr.write(f"{line}\n")
    page = render(proved)
    if "--check" in sys.argv[1:]:
        stale = not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page
        if stale:
            sys.stderr.write(f"{PAGE.name} is not what the marks say: run `python -m tests.promises`\n")
        return int(stale or bool(missing))
    PAGE.write_text(page, encoding="utf-8")
    return int(bool(missing))


if __name__ == "__main__":
    sys.exit(main())
