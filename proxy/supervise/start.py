"""Starts an instance: checks everything that can be wrong before it starts anything: table, ports, run directory, key."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from proxy.model.counters import Counters
from proxy.model.exposure import exposed
from proxy.model.log import set_up_logging
from proxy.model.settings import Settings
from proxy.supervise.activation import passed_ports
from proxy.supervise.cannot_start import CannotStart
from proxy.supervise.child import Role, default_roles
from proxy.supervise.current_table import CurrentTable
from proxy.supervise.journal import Journal
from proxy.supervise.ports import open_port
from proxy.supervise.run_directory import run_directory
from proxy.supervise.secret_key import held_key, name_of, secret_key_file
from proxy.supervise.supervisor import Supervisor
from proxy.supervise.take_over import find_predecessor

log = logging.getLogger(__name__)


def supervise(settings: Settings, roles: Callable[[Settings], Sequence[Role]] = default_roles) -> int:
    """Run an instance until it is told to end. Returns the exit code: 0 drained, 1 could not start, 128 + N killed by signal N."""
    set_up_logging(settings, "supervisor")
    os.umask(0o077)  # of all processes of the instance: nothing that they write is for anybody else
    try:
        with ExitStack() as stack:
            return _supervise(settings, roles, stack)
    except CannotStart as error:
        sys.stderr.write(f"strangler: {error}\n")
        return 1


def _supervise(settings: Settings, roles: Callable[[Settings], Sequence[Role]], stack: ExitStack) -> int:
    run_dir = stack.enter_context(run_directory(settings.run_dir))
    counters = Counters(run_dir, f"supervisor-0-{os.getpid()}")
    stack.callback(counters.close)
    journal = Journal(Path(settings.journal) if settings.journal else None)
    table = CurrentTable(settings.config, settings.legacy_url, counters, journal)
    predecessor = None
    if settings.take_over:
        _load(table)  # nobody gives up their ports for a bad table
        predecessor = find_predecessor(settings.listen_host, settings.listen_port)
    given = predecessor.ports if predecessor is not None else passed_ports()
    data = given.get("data") or open_port(settings.listen_host, settings.listen_port, "--listen")
    stack.callback(data.close)
    admin = given.get("admin") or open_port(settings.admin_host, settings.admin_port, "--admin")
    stack.callback(admin.close)
    if not settings.take_over:
        _load(table)  # who does not get the ports, because an instance has them, must not add to its journal
    key = held_key(secret_key_file(Path(settings.secret), run_dir))
    stack.callback(os.close, key)
    settings = settings.with_(
        listen_port=data.port,
        admin_host=admin.host,
        admin_port=admin.port,
        run_dir=str(run_dir),
        secret=name_of(key),
    )
    _check_admin(settings)

    async def run() -> int:
        return await Supervisor(
            settings, roles(settings), table, {"data": data, "admin": admin}, counters, predecessor, files=(key,)
        ).run()

    return asyncio.run(run())


def _load(table: CurrentTable) -> None:
    """Raises CannotStart."""
    if mistakes := table.load_first():
        raise CannotStart(f"the route table is bad, nothing was started\n{mistakes}")


def _check_admin(settings: Settings) -> None:
    """By the address that is really listened on: systemd, or the instance before, may have given another one. Raises CannotStart."""
    danger = exposed(settings)
    if danger is None:
        return
    if not settings.admin_insecure:
        raise CannotStart(
            f"{danger}. Nothing was started; see docs/guide/team.md, or say --admin-insecure if a firewall guards it"
        )
    log.warning("--admin-insecure was said", extra={"danger": danger})
