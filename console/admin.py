"""``python -m console.admin``: the console process. Started by the supervisor; of no use by hand."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any

from aiohttp import web

from console.access.access import Access
from console.address import Address
from console.audit.trail import Trail
from console.store_files import audit_file
from console.web.addresses import ADDRESSES
from console.web.app import Admin
from console.web.evidence import Evidence
from console.web.guard import Guard
from console.web.handlers import load
from console.web.instance import Instance
from proxy.listen.tls import BadCertificate
from proxy.model.control import BrokenMessage, ControlChannel
from proxy.model.log import set_up_logging
from proxy.model.packed import BadPacked
from proxy.model.passed import passed_sockets
from proxy.model.settings import Settings
from proxy.model.stacks import write_stacks_when_asked
from shadow.store import open_store

log = logging.getLogger("console")

CLOSING_SECONDS = 1.0
"""How long answers under way may take once we are told to end."""


QUIET_SECONDS = 0.5
"""After the beginning, before pages are loaded that nobody has asked for."""


def main() -> int:
    settings = Settings.from_environment()
    index = int(os.environ.get("STRANGLER_INDEX", "0"))
    set_up_logging(settings, "console", index)
    write_stacks_when_asked(settings.run_dir, "console", index)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole process group; the supervisor drains us
    return asyncio.run(run(settings))


async def run(settings: Settings) -> int:
    """Serve the admin port until the supervisor says drain, is gone, or SIGTERM comes."""
    channel = await ControlChannel.open()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    instance = Instance(
        settings.run_dir,
        lambda said: channel.send({"type": "reload", **said}),
        Path(settings.journal),
        Path(settings.secret),
    )
    evidence = Evidence(open_store(settings.store))
    try:
        access = Access(settings)
    except BadCertificate as error:
        log.error("the admin port stays shut", extra={"mistakes": str(error)})  # noqa: TRY400 - whoever made the certificate needs no traceback
        evidence.close()
        channel.close()
        return 1
    guard = Guard(Address(settings.admin_host, settings.admin_port), access.names)
    trail = Trail(Path(settings.audit) if settings.audit else audit_file(settings.store))
    admin = Admin(instance, evidence, guard, trail, access.entrance)
    runner = web.AppRunner(admin.app(), access_log=None, shutdown_timeout=CLOSING_SECONDS, auto_decompress=False)
    try:
        await runner.setup()
        for one in passed_sockets():
            await web.SockSite(runner, one, ssl_context=access.context).start()
        work = (_hear(channel, instance, stop), _load_pages(instance), channel.beat(), *access.tasks())
        tasks = [asyncio.create_task(task) for task in work]
        await stop.wait()
        for task in tasks:
            task.cancel()
    finally:
        await runner.cleanup()
        evidence.close()
        channel.close()
    return 0


async def _load_pages(instance: Instance) -> None:
    """Whoever opens the first page need not wait for what it takes, and neither do users for what takes the processor meanwhile."""
    await instance.started.wait()
    await asyncio.sleep(QUIET_SECONDS)
    await asyncio.to_thread(load, ADDRESSES)


async def _hear(channel: ControlChannel, instance: Instance, stop: asyncio.Event) -> None:
    """Take what the supervisor says; whatever ends this ends the process."""
    try:
        async for message in channel:
            match message["type"]:
                case "status":
                    instance.take_status(message)
                case "table":
                    await _take_table(channel, instance, message)
                case "drain":
                    return
                case unknown:
                    log.warning("unknown control message", extra={"message_type": unknown})
        log.warning("the supervisor is gone; ending")
    except BrokenMessage as error:
        log.error("the supervisor does not speak our language; ending", extra={"detail": str(error)})  # noqa: TRY400 - the peer's fault, our traceback tells nothing
    finally:
        stop.set()


async def _take_table(channel: ControlChannel, instance: Instance, message: dict[str, Any]) -> None:
    version = message["version"]
    try:
        await instance.take_table(message)
    except BadPacked as error:
        # The supervisor packed it with the same code: a fault of ours, and the page can do without.
        channel.send({"type": "rejected", "table_version": version, "reason": str(error)})
        return
    channel.send({"type": "ready", "table_version": version})


if __name__ == "__main__":
    sys.exit(main())
