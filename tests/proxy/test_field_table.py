from __future__ import annotations

from proxy.field_table import Readers


def test_a_hostile_peer_cannot_fill_memory_with_spellings() -> None:
    readers = Readers({b"host": "host"}, "drop")
    for number in range(10_000):
        readers[b"x-%d" % number]
    assert len(readers) == 4096


def test_a_known_name_is_known_in_every_spelling_and_with_underscores_as_something_else() -> None:
    readers = Readers({b"x-real-ip": "read"}, "drop")
    assert [readers[name] for name in (b"X-Real-IP", b"x_real-ip", b"X-Other", b"x_other")] == [
        "read",
        "drop",
        None,
        None,
    ]
