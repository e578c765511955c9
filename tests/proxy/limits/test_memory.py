from __future__ import annotations

import mmap

from proxy.limits.memory import give_back, resident

MIB = 1024 * 1024


def test_memory_in_use_is_what_the_machine_says() -> None:
    before = resident()
    with mmap.mmap(-1, 64 * MIB) as block:  # fresh memory: an allocator might take some that the process has already
        for _ in range(64):
            block.write(b"x" * MIB)
        assert resident() - before > 56 * MIB


def test_what_is_free_is_given_back_even_if_something_small_lies_above_it() -> None:
    blocks = [bytes([n % 251]) * 16_000 for n in range(6000)]
    full = resident()
    kept = blocks[::500]
    del blocks
    give_back()
    assert full - resident() > 64 * MIB
    assert len(kept) == 12
