"""``python -m tests.trust``: measures the figures of docs/reference/trust.md, and writes the page."""

from __future__ import annotations

import asyncio

from tests.trust.drive import TABLE, drive, without_rules
from tests.trust.page import PAGE, page

PAIRS = 25_000

if __name__ == "__main__":
    table = TABLE.read_text(encoding="utf-8")
    bare = asyncio.run(drive(PAIRS, without_rules(table)))
    ruled = asyncio.run(drive(PAIRS, table))
    PAGE.write_text(page(bare, ruled), encoding="utf-8")
