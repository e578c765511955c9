"""A small real child: speaks the control channel, writes down what it hears, and behaves as its argument says.

serve     takes every table, drains when told
stubborn  does not end when told to drain
dies      ends at once with exit code 3
rejects   takes the first table and rejects the others
asks      asks for a reload as soon as it is ready
mute      never says that it is ready
babbles   sends what is no message
spins     is ready, then computes for ever when it is told anything more
hangs     is ready, then sleeps for ever in the same way
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from proxy.model.control import INDEX_VARIABLE, ControlChannel
from proxy.model.settings import Settings
from proxy.model.stacks import write_stacks_when_asked


async def main(role: str, behaviour: str) -> int:
    settings = Settings.from_environment()
    heard = Path(settings.run_dir) / f"{role}-{os.environ[INDEX_VARIABLE]}.heard"
    write_stacks_when_asked(settings.run_dir, role, int(os.environ[INDEX_VARIABLE]))
    channel = await ControlChannel.open()
    beating = asyncio.create_task(channel.beat())
    if behaviour == "dies":
        return 3
    if behaviour == "babbles":
        os.write(int(os.environ["STRANGLER_CONTROL_FD"]), b"hello?\n")
    if role == "shadow":
        channel.send({"type": "ready", "table_version": 0})
    async for message in channel:
        with heard.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"pid": os.getpid(), "settings_port": settings.listen_port, **message}) + "\n")
        if message["type"] == "drain" and behaviour != "stubborn":
            beating.cancel()
            return 0
        if message["type"] == "table" and message["version"] > 1:
            get_stuck(behaviour)
        if message["type"] == "table":
            answer(channel, behaviour, message["version"])
    return 0


def get_stuck(behaviour: str) -> None:
    while behaviour == "spins":
        pass
    if behaviour == "hangs":
        time.sleep(3600)


def answer(channel: ControlChannel, behaviour: str, version: int) -> None:
    message: dict[str, Any] = {"type": "ready", "table_version": version}
    if behaviour == "rejects" and version > 1:
        message = {"type": "rejected", "table_version": version, "reason": "I do not like it"}
    if behaviour != "mute":
        channel.send(message)
    if behaviour == "asks" and version == 1:
        channel.send({"type": "reload"})


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:])))
