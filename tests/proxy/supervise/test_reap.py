"""Zombies of others, in a process of its own: reaping takes every child there is."""

from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
import os, time
from proxy.supervise.reap import reap_strangers

def child():
    pid = os.fork()
    if pid == 0:
        os._exit(3)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # dead, not reaped
    return pid

reap_strangers(set())  # nobody there: nothing happens
stranger, other = child(), child()
reap_strangers(set())
for pid in (stranger, other):
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        print("reaped")
ours = child()
reap_strangers({ours})
print(os.waitstatus_to_exitcode(os.waitpid(ours, 0)[1]))
"""


def test_strangers_are_reaped_and_our_own_are_left_to_their_keeper() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM],
        capture_output=True, text=True, timeout=60, check=True, env={**os.environ},
    )  # fmt: skip
    assert done.stdout.split() == ["reaped", "reaped", "3"]
