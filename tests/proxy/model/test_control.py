"""The control channel over real socket pairs; the guard against orphans in a real process."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.model import control
from proxy.model.control import BrokenMessage, ControlChannel, decode, encode

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=10,
)

PATIENCE = 10.0


async def pair() -> tuple[ControlChannel, ControlChannel]:
    ours, theirs = socket.socketpair()
    return await ControlChannel.over(ours), await ControlChannel.over(theirs)


async def next_of(channel: ControlChannel) -> dict[str, Any]:
    return await asyncio.wait_for(anext(channel), PATIENCE)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), JSON))
def test_what_is_encoded_is_one_line_and_decodes_to_the_same(fields: dict[str, Any]) -> None:
    message = {**fields, "type": "table"}
    line = encode(message)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert decode(line) == message


@pytest.mark.parametrize("line", [b"\n", b"{\n", b"[]\n", b"{}\n", b'{"type":1}\n', b'"ready"\n', b"\xff\n"])
def test_a_line_that_is_no_message_is_refused(line: bytes) -> None:
    with pytest.raises(BrokenMessage):
        decode(line)


def test_a_message_that_no_reader_would_take_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "MAX_LINE", 100)
    with pytest.raises(BrokenMessage, match="more than 100"):
        encode({"type": "table", "text": "x" * 100})


async def test_messages_arrive_in_order_and_the_end_of_the_other_side_ends_the_iteration() -> None:
    ours, theirs = await pair()
    for version in range(3):
        ours.send({"type": "ready", "table_version": version})
    ours.close()
    assert [message["table_version"] async for message in theirs] == [0, 1, 2]
    theirs.close()


async def test_the_largest_table_goes_through() -> None:
    ours, theirs = await pair()
    text = "é" * (2 * 1024 * 1024)  # 4 MiB of UTF-8, 12 MiB of JSON
    ours.send({"type": "table", "text": text})
    assert (await next_of(theirs))["text"] == text
    ours.close()
    theirs.close()


async def test_a_message_cut_short_by_death_is_not_delivered() -> None:
    ours, theirs = socket.socketpair()
    channel = await ControlChannel.over(theirs)
    ours.sendall(b'{"type":"drain","grace":1}\n{"type":"dr')
    ours.close()
    assert [message["grace"] async for message in channel] == [1]
    channel.close()


async def test_sending_to_somebody_who_is_gone_does_nothing() -> None:
    ours, theirs = await pair()
    theirs.close()
    assert [message async for message in ours] == []
    for _ in range(3):
        ours.send({"type": "drain", "grace": 1})
        await asyncio.sleep(0)
    ours.close()


async def test_a_peer_that_never_reads_is_given_up_instead_of_kept_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "MAX_WAITING", 1024 * 1024)
    ours, _deaf = socket.socketpair()
    channel = await ControlChannel.over(ours)
    for _ in range(3):
        channel.send({"type": "table", "text": "x" * 1024 * 1024})
    assert [message async for message in channel] == []
    _deaf.close()


def test_a_child_whose_loop_is_stuck_does_not_outlive_the_supervisor() -> None:
    ours, theirs = socket.socketpair()
    program = (
        "import asyncio, time; from proxy.model import control; control.ORPHAN_SECONDS = 0.1\n"
        "async def main():\n"
        "    await control.ControlChannel.open(); print('stuck', flush=True); time.sleep(60)\n"
        "asyncio.run(main())"
    )
    with theirs, ours:
        child = subprocess.Popen(
            [sys.executable, "-c", program],
            pass_fds=(theirs.fileno(),),
            env={**os.environ, control.FD_VARIABLE: str(theirs.fileno())},
            stdout=subprocess.PIPE,
        )
        with child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"stuck\n"
            theirs.close()
            ours.close()
            assert child.wait(PATIENCE) == 1
