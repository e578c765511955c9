"""The whole demo, as ``make demo`` runs it: its report names the planted faults, and nothing else."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from console.jobs.files import JobFiles
from console.jobs.job import Kind, State
from demo.story import news

ROOT = Path(__file__).resolve().parents[2]

FAULTS: dict[str, set[tuple[str, str]]] = {
    "json": {("$.slideshow.slides[].items[]", "values_changed")},
    "anything-read": {("$.args.voucher", "dictionary_item_removed")},
    "anything-write": {("$.json.quantity", "type_changes")},
    "headers": set(),  # slow, and otherwise right
}
RIGHT = {"get", "cookies", "status"}

pytestmark = [pytest.mark.heavy, pytest.mark.alone]
"""Alone: one of the planted faults is slowness, which is not told of a machine that is kept busy by others."""

Told = tuple[str, dict[str, dict[str, Any]], str]
"""What the demo printed, its report by route, and what `strangler suggest` says of its store."""


def start_demo(directory: Path, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "console", "demo", "--no-stay"],
        cwd=ROOT,
        env={
            **os.environ,
            "STRANGLER_LISTEN": "127.0.0.1:0",
            "STRANGLER_ADMIN": "127.0.0.1:0",
            "DEMO_DIRECTORY": str(directory),
            **environment,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def told(directory: Path) -> Told:
    demo = start_demo(directory)
    output, talk = demo.communicate(timeout=180)
    assert demo.returncode == 0, talk + output
    report = json.loads((directory / "report.json").read_text())
    command = [sys.executable, "-m", "console", "suggest", "--store", f"sqlite:///{directory}/strangler.db"]
    suggested = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return output, {route["route"]: route for route in report["routes"]}, suggested


def test_the_rule_is_proposed_that_a_person_would_write_and_no_other(told: Told) -> None:
    assert yaml.safe_load(told[2]) == {
        "routes": [{"name": "uuid", "compare": {"normalise": [{"path": "$.uuid", "as": "uuid"}]}}]
    }


def test_exactly_the_planted_faults_are_blocked(told: Told) -> None:
    blocked = {name for name, route in told[1].items() if route["readiness"]["verdict"] == "blocked"}
    assert blocked == set(FAULTS)


@pytest.mark.parametrize("route", sorted(FAULTS))
def test_each_fault_is_reported_at_its_place_with_its_kind(told: Told, route: str) -> None:
    found = {(signature["path"], signature["kind"]) for signature in told[1][route]["signatures"]}
    assert found == FAULTS[route]


def test_the_slow_route_is_blocked_for_its_latency(told: Told) -> None:
    latency = told[1]["headers"]["latency_ms"]
    assert told[1]["headers"]["outcomes"]["mismatch"] == 0
    assert latency["candidate"]["p50"] > latency["control"]["p50"] + 50


@pytest.mark.parametrize("route", sorted(RIGHT))
def test_the_right_routes_are_ready(told: Told, route: str) -> None:
    readiness = told[1][route]["readiness"]
    assert readiness["verdict"] == "ready", readiness
    assert told[1][route]["outcomes"]["mismatch"] == 0


def test_a_random_value_on_both_sides_is_noise_and_no_mismatch(told: Told) -> None:
    outcomes = told[1]["uuid"]["outcomes"]
    assert outcomes["mismatch"] == 0
    assert outcomes["noise"] > 300


def test_the_fault_that_needs_an_empty_field_shows_only_there(told: Told) -> None:
    outcomes = told[1]["anything-read"]["outcomes"]
    assert 40 < outcomes["mismatch"] < outcomes["match"]


def test_the_console_was_told_how_far_its_users_were(told: Told, directory: Path) -> None:
    (job,) = JobFiles(directory / "strangler.db.jobs").all()
    assert (job.kind, job.state, job.step) == (Kind.DEMO, State.DONE, "users at work")
    assert job.done == job.total > 3000


def test_every_stage_up_to_live_is_in_the_report(told: Told) -> None:
    assert {route["stage"] for route in told[1].values()} >= {"legacy", "shadow", "canary", "live"}


def test_the_summary_names_what_is_wrong_and_what_is_ready(told: Told) -> None:
    said = told[0][told[0].rindex("While ") :]
    assert all(name in said for name in {*FAULTS, *RIGHT, "uuid"})


def test_a_busy_port_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        demo = start_demo(tmp_path, STRANGLER_LISTEN=address)
        _, talk = demo.communicate(timeout=30)
    assert demo.returncode == 1
    assert address in talk
    assert "STRANGLER_LISTEN=127.0.0.1:0 make demo" in talk
    assert "Traceback" not in talk


@pytest.mark.parametrize("presses", [1, 3])
def test_however_often_it_is_interrupted_nothing_that_the_demo_started_is_left(tmp_path: Path, presses: int) -> None:
    demo = start_demo(tmp_path)
    assert demo.stderr is not None
    for line in demo.stderr:
        if line.startswith("sending "):
            break
    children = children_of(demo.pid)
    deadline = time.monotonic() + 60
    for _ in range(presses):
        demo.send_signal(signal.SIGINT)
        time.sleep(0.2)  # an impatient hand, not synchronisation
    demo.communicate(timeout=60)
    assert demo.returncode == 130
    assert len(children) >= 3
    while left := [pid for pid in children if Path(f"/proc/{pid}").exists()]:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def status(version: int, error: str | None = None) -> dict[str, Any]:
    return {"table_version": version, "table": {"source": "/somewhere/routes.yaml", "error": error}}


def test_whoever_edits_the_table_while_the_demo_runs_is_told_what_came_of_it() -> None:
    assert news(status(1), status(1)) == []
    assert news(status(1), status(2)) == ["\nroutes.yaml: table version 2 is in force"]
    (bad,) = news(status(2), status(2, "routes.yaml:3:1: error: unknown key"))
    assert bad.splitlines()[1:] == [
        "routes.yaml has mistakes; table version 2 stays in force",
        "routes.yaml:3:1: error: unknown key",
    ]
    assert news(status(2, "the same"), status(2, "the same")) == []
    assert news(status(2, "mended by going back"), status(2)) == ["\nroutes.yaml: table version 2 is in force"]
    assert news({}, status(1)) == []


def children_of(root: int) -> set[int]:
    """All descendants of ``root``."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {root}
