"""The supervisor as a real process with real children; see ``tiny_child`` for how they behave."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path

import pytest

from proxy.model.counted import read_counters
from proxy.model.packed import unpack
from proxy.table.load import load_table, transparent_table
from tests.proxy.supervise.instance import PATIENCE, TABLE, Instance, is_alive, role, roles, running, until

GOOD = TABLE + "# again\n"
BAD = "version: 1\nbackends: {}\nroutes: nonsense\n"


def all_gone(instance: Instance) -> None:
    until(lambda: not any(map(is_alive, instance.seen_pids)), "all processes gone")


def count(instance: Instance, metric: str, **labels: str) -> int:
    series = read_counters(instance.run_dir)
    return sum(value for _, name, given, value in series if name == metric and labels.items() <= given.items())


# Start.


def test_children_get_the_table_and_the_instance_is_ready_once_all_who_serve_are(tmp_path: Path) -> None:
    with running(tmp_path, [role("proxy", count=2), role("shadow"), role("console")]) as instance:
        instance.ready()
        for child in ("proxy-0", "proxy-1", "console-0"):
            message = instance.hears(child, type="table")
            assert (message["version"], message["text"], unpack(message["table"])) == (
                1,
                TABLE,
                load_table(TABLE, source=str(instance.config)),
            )
        assert instance.heard("shadow-0") == []
        status = instance.status
        assert [(p["role"], p["index"], p["restarts"]) for p in status["processes"]] == [
            ("supervisor", 0, 0), ("proxy", 0, 0), ("proxy", 1, 0), ("shadow", 0, 0), ("console", 0, 0),
        ]  # fmt: skip
        assert status["table_version"] == 1
        assert status["table"]["source"] == str(instance.config)
        assert instance.process_status("proxy")["table_version"] == 1


def test_port_0_is_resolved_and_told_to_children_and_people(tmp_path: Path) -> None:
    with running(tmp_path) as instance:
        instance.ready()
        port = instance.hears("proxy-0", type="table")["settings_port"]
        assert port > 0
        assert instance.event("ready")["listen"] == f"http://127.0.0.1:{port}"
        assert instance.status["listen"] == f"127.0.0.1:{port}"


def test_without_a_file_everything_goes_to_the_legacy_url(tmp_path: Path) -> None:
    with running(tmp_path, config=None, legacy_url="http://127.0.0.1:1") as instance:
        instance.ready()
        message = instance.hears("proxy-0", type="table")
        assert (message["text"], unpack(message["table"])) == (None, transparent_table("http://127.0.0.1:1"))
        instance.process.send_signal(signal.SIGHUP)
        instance.event("no file to reload, everything goes to one URL")
        assert instance.status["table_version"] == 1


def test_a_bad_table_at_the_start_is_shown_and_nothing_is_started(tmp_path: Path) -> None:
    (tmp_path / "routes.yaml").write_text(BAD)
    with running(tmp_path) as instance:
        assert instance.process.wait(PATIENCE) == 1
        assert "strangler: the route table is bad, nothing was started" in instance.log
        assert "routes.yaml:3:" in instance.log
        assert instance.heard("proxy-0") == []


def test_a_missing_table_at_the_start_is_one_clear_line(tmp_path: Path) -> None:
    with running(tmp_path, config=str(tmp_path / "none.yaml")) as instance:
        assert instance.process.wait(PATIENCE) == 1
        assert "none.yaml: No such file or directory" in instance.log
        assert "Traceback" not in instance.log


def test_a_busy_port_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with running(tmp_path, listen_port=port) as instance:
            assert instance.process.wait(PATIENCE) == 1
            (line,) = instance.log.splitlines()
            assert line.startswith(f"strangler: cannot listen on 127.0.0.1:{port}: the port is taken")


def test_when_a_process_that_serves_never_starts_the_instance_gives_up(tmp_path: Path) -> None:
    with running(tmp_path, roles(proxy="dies")) as instance:
        assert instance.process.wait(PATIENCE) == 1
        instance.event("cannot start: a process that serves dies again and again", child="proxy/0")
        instance.hears("console-0", type="drain")


def test_a_command_that_is_not_there_counts_as_a_death(tmp_path: Path) -> None:
    wanted = [role("proxy"), {**role("shadow"), "command": ["/nonexistent"]}, role("console")]
    with running(tmp_path, wanted) as instance:
        instance.event(
            "a process died and is started again", child="shadow/0", how="not started: No such file or directory"
        )
        until(lambda: instance.status["state"] == "ready", "ready without the shadow")
        assert instance.end() == 0


# Restarts.


@pytest.mark.parametrize("victim", ["proxy", "shadow", "console"])
def test_a_killed_child_is_started_again_and_counted(tmp_path: Path, victim: str) -> None:
    with running(tmp_path) as instance:
        instance.ready()
        pid = instance.process_status(victim)["pid"]
        os.kill(pid, signal.SIGKILL)
        until(lambda: instance.process_status(victim)["restarts"] == 1, "counted")
        until(lambda: instance.process_status(victim)["ready"], "ready again")
        assert instance.process_status(victim)["pid"] != pid
        died = instance.event("a process died and is started again", child=f"{victim}/0")
        assert died["how"] == "killed by SIGKILL"
        assert died["pause"] == (0.0 if victim == "proxy" else 0.1)
        assert instance.end() == 0


def test_a_restarted_process_gets_the_table_in_force(tmp_path: Path) -> None:
    with running(tmp_path) as instance:
        instance.ready()
        instance.config.write_text(GOOD)
        instance.hears("proxy-0", type="table", version=2)
        os.kill(instance.process_status("proxy")["pid"], signal.SIGKILL)
        until(lambda: [m["version"] for m in instance.heard("proxy-0")] == [1, 2, 2], "the second version again")


def test_a_process_that_talks_nonsense_is_replaced(tmp_path: Path) -> None:
    with running(tmp_path, roles(shadow="babbles"), times={"ORPHAN_SECONDS": 0.1}) as instance:
        died = instance.event("a process died and is started again", child="shadow/0")
        assert died["how"] == "killed by SIGKILL"
        assert instance.end() == 0


# The watchdog.


@pytest.mark.promise("O11")
@pytest.mark.parametrize(("behaviour", "doing"), [("spins", "running"), ("hangs", "sleeping")])
def test_a_process_whose_loop_is_stuck_is_replaced_and_its_stack_is_in_the_log(
    tmp_path: Path, behaviour: str, doing: str
) -> None:
    with running(tmp_path, roles(proxy=behaviour), watchdog=2.0) as instance:
        instance.ready()
        stuck = instance.process_status("proxy")["pid"]
        instance.config.write_text(GOOD)
        told = instance.event("a process is stuck and is killed", child="proxy/0")
        assert told["doing"] == doing
        assert told["seconds"] >= 2.0
        assert "get_stuck" in told["stacks"]
        until(lambda: instance.process_status("proxy")["pid"] not in {None, stuck}, "replaced")
        status = instance.process_status("proxy")
        assert (status["restarts"], status["stuck"]) == (1, 1)
        assert count(instance, "strangler_stuck", role="proxy") == 1
        assert [e["child"] for e in instance.events if e["event"].startswith("a process is stuck")] == ["proxy/0"]


@pytest.mark.promise("O11")
def test_a_stopped_process_is_replaced(tmp_path: Path) -> None:
    with running(tmp_path, watchdog=2.0) as instance:
        instance.ready()
        os.kill(instance.process_status("shadow")["pid"], signal.SIGSTOP)
        assert instance.event("a process is stuck and is killed", child="shadow/0")["doing"] == "stopped by a signal"
        until(lambda: instance.process_status("shadow")["restarts"] == 1, "replaced")


@pytest.mark.promise("O11")
def test_an_instance_that_stood_still_as_a_whole_kills_nobody(tmp_path: Path) -> None:
    """As on a machine that was suspended, or has no time for us."""
    with running(tmp_path, watchdog=2.0) as instance:
        instance.ready()
        everybody = [instance.process.pid, *(p["pid"] for p in instance.status["processes"])]
        for number in (signal.SIGSTOP, signal.SIGCONT):
            for pid in everybody:
                os.kill(pid, number)
            if number == signal.SIGSTOP:
                time.sleep(4.0)
        instance.config.write_text(GOOD)
        instance.hears("proxy-0", type="table", version=2)
        time.sleep(1.0)  # two looks of the watchdog
        assert all(process["restarts"] == 0 for process in instance.status["processes"])
        assert "stuck" not in instance.log


# The table.


def test_a_new_good_table_is_the_next_version_for_everybody(tmp_path: Path) -> None:
    with running(tmp_path) as instance:
        instance.ready()
        instance.config.write_text(GOOD)
        for child in ("proxy-0", "console-0"):
            assert instance.hears(child, type="table", version=2)["text"] == GOOD
        until(lambda: instance.process_status("proxy")["table_version"] == 2, "in use")
        assert instance.status["table_version"] == 2
        assert count(instance, "strangler_table_reloads", result="good") == 1


def test_a_config_map_swap_is_a_new_table(tmp_path: Path) -> None:
    for name, text in (("one", TABLE), ("two", GOOD)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "routes.yaml").write_text(text)
    (tmp_path / "..data").symlink_to("one")
    (tmp_path / "routes.yaml").symlink_to("..data/routes.yaml")
    with running(tmp_path) as instance:
        instance.ready()
        (tmp_path / "..swap").symlink_to("two")
        (tmp_path / "..swap").rename(tmp_path / "..data")
        assert instance.hears("proxy-0", type="table", version=2)["text"] == GOOD


def test_a_bad_table_changes_nothing_but_is_told_and_the_next_good_one_clears_it(tmp_path: Path) -> None:
    with running(tmp_path) as instance:
        instance.ready()
        instance.config.write_text(BAD)
        until(lambda: instance.status["table"]["error"], "the error in the status")
        assert "routes.yaml:3:" in instance.status["table"]["error"]
        assert instance.status["table_version"] == 1
        assert count(instance, "strangler_table_bad") == 1
        told = instance.event("the route table is bad, the last good one stays in force")
        assert "routes.yaml:3:" in told["mistakes"]
        instance.config.write_text(TABLE)
        until(lambda: instance.status["table"]["error"] is None, "cleared")
        assert instance.status["table_version"] == 1
        assert count(instance, "strangler_table_bad") == 0
        assert [m["version"] for m in instance.heard("proxy-0")] == [1]
        assert sum(e["event"].startswith("the route table is bad") for e in instance.events) == 1


def test_a_hang_up_reads_the_file_even_if_nothing_changed(tmp_path: Path) -> None:
    with running(tmp_path) as instance:
        instance.ready()
        instance.process.send_signal(signal.SIGHUP)
        until(lambda: count(instance, "strangler_table_reloads", result="same") == 1, "read again")
        assert instance.status["table_version"] == 1


def test_the_console_can_ask_for_a_reload(tmp_path: Path) -> None:
    with running(tmp_path, roles(console="asks")) as instance:
        until(lambda: count(instance, "strangler_table_reloads", result="same") == 1, "read again")


def test_a_table_that_a_worker_rejects_is_told_loudly(tmp_path: Path) -> None:
    with running(tmp_path, roles(proxy="rejects")) as instance:
        instance.ready()
        instance.config.write_text(GOOD)
        told = instance.event("a process rejected a table that we found good; it goes on with the one before")
        assert (told["child"], told["version"], told["mistakes"]) == ("proxy/0", 2, "I do not like it")
        assert instance.process_status("proxy")["table_version"] == 1


# The end.


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_drains_in_order_and_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path) as instance:
        instance.ready()
        instance.process.send_signal(number)
        assert instance.process.wait(PATIENCE) == 0
        all_gone(instance)
        console = [(m["type"], m.get("state")) for m in instance.heard("console-0")]
        assert ("status", "draining") in console
        assert console[-1] == ("drain", None)
        draining = [m for m in instance.heard("console-0") if m.get("state") == "draining"]
        alive = [{p["role"] for p in m["processes"] if p["pid"] is not None} for m in draining]
        assert alive[0] == {"supervisor", "proxy", "shadow", "console"}
        assert {"supervisor", "shadow", "console"} in alive
        assert alive[-1] == {"supervisor", "console"}
        assert instance.heard("proxy-0")[-1]["grace"] == 5.0


def test_who_does_not_end_in_time_is_killed(tmp_path: Path) -> None:
    wanted = [role("proxy", "stubborn", grace=0.1), role("shadow"), role("console")]
    with running(tmp_path, wanted, times={"KILL_MARGIN_SECONDS": 0.1}) as instance:
        instance.ready()
        assert instance.end() == 0
        instance.event("a process did not end in time and is killed", child="proxy/0")
        all_gone(instance)


def test_the_second_signal_ends_everything_now(tmp_path: Path) -> None:
    with running(tmp_path, roles(proxy="stubborn", shadow="stubborn", console="stubborn")) as instance:
        instance.ready()
        instance.process.send_signal(signal.SIGTERM)
        instance.hears("proxy-0", type="drain")
        instance.process.send_signal(signal.SIGTERM)
        assert instance.process.wait(PATIENCE) == 128 + signal.SIGTERM
        all_gone(instance)


def test_children_end_by_themselves_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    with running(tmp_path) as instance:
        instance.ready()
        instance.process.kill()
        all_gone(instance)


def test_a_signal_before_anything_is_ready_ends_cleanly(tmp_path: Path) -> None:
    with running(tmp_path, roles(proxy="mute")) as instance:
        instance.event("process started", child="proxy/0")
        assert instance.end() == 0


def test_systemd_hears_every_step(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(PATIENCE)
        with running(tmp_path, env={"NOTIFY_SOCKET": str(tmp_path / "notify")}) as instance:
            assert listener.recv(1000).startswith(b"READY=1\nSTATUS=serving on 127.0.0.1:")
            instance.process.send_signal(signal.SIGHUP)
            assert listener.recv(1000).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
            assert listener.recv(1000) == b"READY=1"
            assert instance.end() == 0
            assert listener.recv(1000) == b"STOPPING=1"
