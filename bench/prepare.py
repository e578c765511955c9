"""``python -m bench.prepare``: all that takes long to make and is measured by nobody, before anything is measured: programs, the compiled
live path, the store of a million pairs. The last two have a core each, and nothing in common.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

from bench import compiled, pages
from bench.__main__ import PROGRAMS
from bench.peers import peers
from bench.programs import require


def main() -> int:
    require(PROGRAMS | {name: package for peer in peers().values() for name, package in peer.PROGRAMS.items()})
    with ThreadPoolExecutor(1) as beside:
        compiling = beside.submit(compiled.python)
        pages.made(pages.FOLDER, pages.PAIRS)
        compiling.result()
    return 0


if __name__ == "__main__":
    sys.exit(main())
