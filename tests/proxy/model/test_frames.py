from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.model.exchange import Exchange
from proxy.model.frames import (
    MAX_FRAME,
    BrokenFrame,
    FrameReader,
    Kind,
    decode_done,
    decode_exchange,
    encode_done,
    encode_exchange,
)

EXCHANGES = st.builds(
    Exchange,
    id=st.text(max_size=20),
    route=st.text(st.characters(exclude_categories=()), max_size=20),
    table_version=st.integers(0, 1000),
    primary=st.text(max_size=10),
    shadow=st.text(max_size=10),
    started_at=st.floats(0, 1e10),
    first_byte=st.floats(0, 100),
    total=st.floats(0, 100),
    request_head=st.binary(max_size=100),
    request_body=st.binary(max_size=100),
    answer_head=st.binary(max_size=100),
    answer_body=st.binary(max_size=100),
)


EXCHANGE = Exchange(
    id="1",
    identity="anna",
    route="orders",
    table_version=3,
    primary="legacy",
    shadow="orders",
    started_at=1.5,
    first_byte=0.1,
    total=0.2,
    request_head=b"GET / HTTP/1.1\r\n\r\n",
    request_body=b"",
    answer_head=b"HTTP/1.1 200 OK\r\n\r\n",
    answer_body=b"body",
)


@given(st.lists(EXCHANGES, max_size=5), st.integers(1, 50))
def test_exchanges_survive_the_wire_however_it_is_cut(exchanges: list[Exchange], piece: int) -> None:
    stream = b"".join(encode_exchange(exchange) for exchange in exchanges)
    reader = FrameReader()
    frames = [frame for at in range(0, len(stream), piece) for frame in reader.feed(stream[at : at + piece])]
    assert [kind for kind, _ in frames] == [Kind.EXCHANGE] * len(exchanges)
    assert [decode_exchange(payload) for _, payload in frames] == exchanges


@given(st.integers(0, 2**63))
def test_a_count_survives_the_wire(count: int) -> None:
    ((kind, payload),) = FrameReader().feed(encode_done(count))
    assert (kind, decode_done(payload)) == (Kind.DONE, count)


@given(st.binary(max_size=200))
def test_any_bytes_are_frames_or_a_broken_frame(data: bytes) -> None:
    try:
        frames = FrameReader().feed(data)
        for _, payload in frames:
            decode_exchange(payload)
    except BrokenFrame:
        pass


@pytest.mark.parametrize("data", [b"\0\0\0\0\1", (MAX_FRAME + 1).to_bytes(4, "big") + b"\1", b"\0\0\0\1\x63"])
def test_lengths_and_kinds_out_of_range_are_refused(data: bytes) -> None:
    with pytest.raises(BrokenFrame):
        FrameReader().feed(data)


def test_an_exchange_whose_names_are_no_text_is_refused() -> None:
    payload = encode_exchange(EXCHANGE)[5:].replace(b"anna", b"\xff\xfe\xfd\xfc")
    with pytest.raises(BrokenFrame, match="not an exchange"):
        decode_exchange(payload)


def test_an_exchange_whose_parts_do_not_add_up_is_refused() -> None:
    payload = encode_exchange(EXCHANGE)[5:] + b"x"
    with pytest.raises(BrokenFrame):
        decode_exchange(payload)
