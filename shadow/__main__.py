"""``python -m shadow``: the shadow worker's process. Started by the supervisor; of no use by hand."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
import sys
from pathlib import Path

import uvloop

from proxy.model.control import BrokenMessage, ControlChannel
from proxy.model.counters import Counters
from proxy.model.log import set_up_logging
from proxy.model.settings import Settings
from proxy.model.stacks import write_stacks_when_asked
from shadow.worker import Worker

log = logging.getLogger("shadow")

KEY_BYTES = 32
"""At least: whoever guesses the key can try out what was hidden."""

ORPHAN_GRACE = 5.0
"""Seconds for what is in replay when the supervisor is gone."""


def main() -> int:
    settings = Settings.from_environment()
    index = int(os.environ.get("STRANGLER_INDEX", "0"))
    set_up_logging(settings, "shadow", index)
    write_stacks_when_asked(settings.run_dir, "shadow", index)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole process group; the supervisor drains us
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run(settings, index))


async def run(settings: Settings, index: int) -> int:
    channel = await ControlChannel.open()
    counters = Counters(Path(settings.run_dir), f"shadow-{index}-{os.getpid()}")
    worker = Worker(settings, counters, read_secret(Path(settings.secret)), index)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.drain, settings.grace)
    tasks = [asyncio.create_task(obey(channel, worker)), asyncio.create_task(channel.beat())]
    try:
        await worker.run()
    except OSError as error:
        log.critical("cannot listen on the tap", extra={"reason": str(error)})
        return 1
    finally:
        for task in tasks:
            task.cancel()
        channel.close()
        counters.close()
    return 0


async def obey(channel: ControlChannel, worker: Worker) -> None:
    """Say that we are ready; then do what the supervisor says, to the end of the channel."""
    await worker.ready.wait()
    channel.send({"type": "ready", "table_version": 0})
    try:
        async for message in channel:
            match message["type"]:
                case "drain":
                    worker.drain(message["grace"])
                case "table":  # we know plans, not tables
                    channel.send({"type": "ready", "table_version": message["version"]})
                case _:
                    pass
    except BrokenMessage as error:
        log.error("broken control channel; ending", extra={"reason": str(error)})  # noqa: TRY400 - the reason says it all
    else:
        log.warning("the supervisor is gone; ending")
    worker.drain(ORPHAN_GRACE)


def read_secret(path: Path) -> bytes:
    """The installation's key, as the supervisor holds it. Without it secrets are hidden all the same, under a key that nobody will
    ever know."""
    try:
        secret = path.read_bytes()
        if len(secret.strip()) >= KEY_BYTES:
            return secret
        reason = f"{len(secret.strip())} bytes, {KEY_BYTES} is the least"
    except OSError as error:
        reason = str(error)
    log.error("no key; hidden values will not be comparable with those of other runs", extra={"reason": reason})
    return secrets.token_bytes(KEY_BYTES)


if __name__ == "__main__":
    sys.exit(main())
