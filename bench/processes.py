"""Starting, watching and ending the processes of a bench; CPU seconds as the kernel counts them."""

from __future__ import annotations

import os
import resource
import ssl
import subprocess
import time
from collections.abc import Iterable
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_SMALLEST = 1 / _TICK
LOOK_SECONDS = 0.25
"""For so long processes must do next to nothing to count as idle."""

Core = int | str
"""A processor, or several as taskset writes them: ``0,1``."""


def start(command: list[str], *, core: Core, log: Path, env: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Run ``command`` there, in a group of its own, its output in ``log``. Not in a session of its own: Linux shares processors out to
    sessions first (``sched_autogroup``), and who gives way (``nice``, ``give_way``) does so only to others of the same session."""
    _allow_many_files()
    with log.open("ab") as sink:
        return subprocess.Popen(
            ["taskset", "-c", str(core), *command],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            process_group=0,
            env={**os.environ, **(env or {})},
        )


def _allow_many_files() -> None:
    """For all that are started: two sockets for each connection."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 16384:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(16384, hard), hard))


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process of ours, first politely."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


def wait_until_it_answers(
    port: int, process: subprocess.Popen[bytes], log: Path, *, tls: bool = False, seconds: float = 30.0
) -> None:
    """A port that is bound is not one that is served: ask."""
    deadline = time.monotonic() + seconds
    context = ssl._create_unverified_context()
    while time.monotonic() < deadline and process.poll() is None:
        asking = (
            HTTPSConnection("127.0.0.1", port, timeout=5, context=context)
            if tls
            else HTTPConnection("127.0.0.1", port, timeout=5)
        )
        try:
            asking.request("GET", "/")
            if asking.getresponse().status == 200:
                return
        except (OSError, HTTPException):
            pass
        finally:
            asking.close()
        time.sleep(0.05)
    raise SystemExit(f"bench: nothing answers on port {port}. The log says:\n{log.read_text(errors='replace')[-2000:]}")


def tree(*roots: int) -> dict[int, str]:
    """``roots`` and all their descendants: pid -> command line."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue
    found = set(roots)
    grown = True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        found |= more
        grown = bool(more)
    return {pid: _command_line(pid) for pid in found}


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time of these processes, all threads, in seconds."""
    ticks = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICK


def processor_seconds(pid: int) -> float:
    """Of its first thread, to the nanosecond (proc(5), schedstat): ``cpu_seconds`` counts hundredths of a second."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def stolen_seconds(core: int) -> float:
    """What the host has given to others while the core had work (proc(5), stat): no program of this machine can tell otherwise."""
    (line,) = (line for line in Path("/proc/stat").read_text().splitlines() if line.startswith(f"cpu{core} "))
    return int(line.split()[8]) / _TICK


def wait_until_idle(*roots: int, seconds: float = 20.0) -> None:
    """Until ``roots`` and their descendants use less than a fiftieth of a core each: what they put off would disturb whoever is measured next."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        before = cpu_seconds(tree(*roots))
        time.sleep(LOOK_SECONDS)
        if cpu_seconds(tree(*roots)) - before <= max(_SMALLEST, LOOK_SECONDS / 50 * len(roots)):
            return


def resident(pid: int) -> int:
    """Bytes of memory that the process has in use."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def forget_peak(pid: int) -> None:
    """From now on ``peak`` is that of what follows (proc(5))."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak(pid: int) -> int:
    """Bytes of memory that the process has had in use at most."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise SystemExit(f"bench: the kernel does not tell the highest memory of process {pid}")


def pin(pid: int, core: int) -> None:
    """All threads of the process to one core."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), {core})


def give_way(root: int, *, but: Iterable[int] = ()) -> None:
    """``root``, its descendants and all that they start get only what the others leave of their core. ``but``: not these."""
    for pid in tree(root).keys() - set(but):
        for task in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setscheduler(int(task.name), os.SCHED_IDLE, os.sched_param(0))


def go_first(root: int) -> bool:
    """``root`` and its descendants wait for nobody on their core, not even for those who give way: a turn that has begun would be finished
    first. Tells whether we may: that takes root."""
    try:
        for pid in tree(root):
            os.sched_setscheduler(pid, os.SCHED_FIFO, os.sched_param(1))
    except PermissionError:
        return False
    return True


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""
