"""``python -m console`` is ``strangler``."""

from __future__ import annotations

from console.main import main

main(prog_name="strangler")
