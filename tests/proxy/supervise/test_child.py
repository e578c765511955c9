"""One place, filled by real processes."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest

import proxy
from proxy.model.settings import VARIABLE, Settings
from proxy.supervise import notify, turns
from proxy.supervise.child import Child, Role, default_roles, environment_of_children
from tests.proxy.supervise.test_turns import turn_of

PATIENCE = 20.0


def child(program: str, *hears: str, index: int = 0) -> Child:
    """A child that runs ``program`` with a connected socket ``control``."""
    preamble = "import os, socket, sys; control = socket.socket(fileno=int(os.environ['STRANGLER_CONTROL_FD']))\n"
    role = Role("shadow", 1, (sys.executable, "-c", preamble + program), frozenset(hears))
    return Child(role, index, dict(os.environ))


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def end_of(one: Child) -> str:
    async with asyncio.timeout(PATIENCE):
        ended = asyncio.ensure_future(one.ended())
        while not ended.done():
            one.reap()
            await asyncio.sleep(0.01)
        return await ended


async def test_it_is_told_only_what_its_role_hears() -> None:
    one = child("data = control.makefile('rb').readline(); sys.exit(7 if b'drain' in data else 1)", "table")
    await one.start()
    assert one.status.pid == one.pid
    one.tell({"type": "status"})
    one.tell({"type": "drain", "grace": 1})
    assert await end_of(one) == "exit code 7"
    assert one.pid is None
    one.tell({"type": "drain", "grace": 1})  # nobody there: nothing happens


async def test_whoever_does_not_answer_users_stands_back_where_processors_are_short() -> None:
    steps = {role.name: role.nice for role in default_roles(Settings())}
    assert steps["proxy"] == 0 < steps["console"] < steps["shadow"]
    one = child("control.recv(1)")
    one.role = dataclasses.replace(one.role, nice=3)
    await one.start()
    assert one.pid is not None
    assert os.getpriority(os.PRIO_PROCESS, one.pid) == os.getpriority(os.PRIO_PROCESS, 0) + 3
    one.tell({"type": "drain"})
    await end_of(one)


@pytest.mark.skipif(turn_of(os.getpid()) is None, reason="this kernel does not tell, or is older than Linux 6.12")
async def test_whoever_answers_users_takes_short_turns() -> None:
    assert [role.name for role in default_roles(Settings()) if role.short_turns] == ["proxy"]
    one = child("control.recv(1)")
    one.role = dataclasses.replace(one.role, short_turns=True)
    await one.start()
    assert one.pid is not None
    assert turn_of(one.pid) == turns.SECONDS
    one.tell({"type": "drain"})
    await end_of(one)


async def test_it_knows_its_index_and_has_a_process_group_of_its_own() -> None:
    one = child(
        'control.sendall(b\'{"type":"ready","index":%s,"group":%d}\\n\' % (os.environ[\'STRANGLER_INDEX\'].encode(), os.getpgid(0)))',
        index=4,
    )
    channel = await one.start()
    message = await asyncio.wait_for(anext(channel), PATIENCE)
    assert message == {"type": "ready", "index": 4, "group": one.pid}
    assert await end_of(one) == "exit code 0"


async def test_a_killed_process_says_by_which_signal() -> None:
    one = child("control.recv(1)")
    await one.start()
    one.kill()
    assert await end_of(one) == "killed by SIGKILL"


async def test_deaths_in_a_row_make_longer_pauses_and_are_counted() -> None:
    one = child("")
    pauses = []
    for _ in range(3):
        await one.start()
        await end_of(one)
        pauses.append(one.pause())
    assert pauses == [0.1, 0.2, 0.4]
    assert one.status.restarts == 3


async def test_a_command_that_is_not_there_leaks_nothing() -> None:
    one = Child(Role("shadow", 1, ("/nonexistent",)), 0, {})
    before = open_descriptors()
    with pytest.raises(FileNotFoundError):
        await one.start()
    assert one.pid is None
    assert open_descriptors() == before


def test_children_get_the_settings_and_find_our_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(notify.VARIABLE, "/run/systemd/notify")
    environment = environment_of_children(Settings(listen_port=1234))
    assert '"listen_port": 1234' in environment[VARIABLE]
    assert notify.VARIABLE not in environment
    home = str(Path(proxy.__file__).parents[1])
    assert home in environment.get("PYTHONPATH", "").split(os.pathsep) or home in sys.path


def test_roles_are_drained_from_those_who_produce_to_those_who_tell() -> None:
    roles = default_roles(Settings(workers=3, shadow_workers=2, grace=12.0))
    assert [(role.name, role.count, role.serves) for role in roles] == [
        ("proxy", 3, True),
        ("shadow", 2, False),
        ("console", 1, False),
    ]
    assert roles[0].grace == 12.0


def test_a_folder_that_bears_our_name_is_not_taken_for_ours(tmp_path: Path) -> None:
    """strangler is started in somebody's project, which may well have a package called proxy."""
    (tmp_path / "proxy").mkdir()
    (tmp_path / "proxy" / "__init__.py").write_text("raise SystemExit('not ours')")
    for role in default_roles(Settings()):
        assert role.command[:3] == (sys.executable, "-P", "-m")
    with contextlib.chdir(tmp_path):
        done = subprocess.run(
            [sys.executable, "-P", "-c", "import proxy; print(proxy.__file__)"],
            env=environment_of_children(Settings()), capture_output=True, text=True, timeout=PATIENCE, check=True,
        )  # fmt: skip
    assert done.stdout.strip() == proxy.__file__
