"""One scenario: its peers started over one origin, loaded in turn in interleaved rounds, charged for the CPU time of what serves requests."""

from __future__ import annotations

import statistics
import sys
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench import load, origin, processes
from bench.certificate import certificate
from bench.peers import Peer
from bench.requests import script
from bench.scenarios import YARDSTICK, Scenario
from bench.scene import Scene, free_port

PROXY_CORE, LOAD_CORE = 0, 1


@dataclass(slots=True)
class Running:
    """A started peer and what each round measured."""

    peer: Peer
    scene: Scene
    pid: int
    rounds: list[dict[str, float]] = field(default_factory=list)

    def serving(self) -> list[int]:
        everything = processes.tree(self.pid)
        live = [pid for pid, command_line in everything.items() if self.peer.is_live_path(command_line)]
        if not live:
            raise SystemExit(f"bench: {self.peer.NAME} has no process that serves requests: {everything}")
        return live


def measure(scenario: Scenario, peers: list[Peer], directory: Path, *, rounds: int, seconds: float) -> dict[str, Any]:
    """The scenario's result: for each peer its rounds, medians, and its ratio to the yardstick, round by round."""
    with ExitStack() as stack:
        running = start_all(scenario, peers, directory, stack)
        lua = directory / "load.lua"
        lua.write_text(script(scenario.requests))
        for each in running:
            _load(each, scenario, lua, seconds=1)
        for number in range(rounds):
            # Each comes first once: what a round begins with, a cold core say, is nobody's in particular.
            for each in running[number % len(running) :] + running[: number % len(running)]:
                print(f"{scenario.name} {number + 1}/{rounds} {each.peer.NAME}", file=sys.stderr, flush=True)
                # What the others have put off, such as copies still to be sent, would make whoever comes next look slower.
                processes.wait_until_idle(*(one.pid for one in running))
                each.rounds.append(_round(each, scenario, lua, seconds))
        return {each.peer.NAME: _result(each, running) for each in running}


def start_all(scenario: Scenario, peers: list[Peer], directory: Path, stack: ExitStack) -> list[Running]:
    """They end with ``stack``."""
    legacy_port, candidate_port = free_port(), free_port()
    log = directory / "origin.log"
    behind = processes.start(origin.command(directory, legacy_port, candidate_port), core=LOAD_CORE, log=log)
    stack.callback(processes.stop, behind)
    processes.wait_until_it_answers(legacy_port, behind, log)
    tls = certificate(directory / "tls") if scenario.tls else None
    running = []
    for peer in peers:
        scene = Scene(
            directory / peer.NAME, free_port(), legacy_port, candidate_port, routes=scenario.requests.routes, tls=tls
        )
        scene.directory.mkdir()
        log = scene.directory / "output.log"
        process = processes.start(peer.command(scene), core=PROXY_CORE, log=log)
        stack.callback(processes.stop, process)
        processes.wait_until_it_answers(scene.port, process, log, tls=tls is not None)
        running.append(Running(peer, scene, process.pid))
    return running


def _round(each: Running, scenario: Scenario, lua: Path, seconds: float) -> dict[str, float]:
    live = each.serving()
    everything = processes.tree(each.pid)
    live_before, all_before = processes.cpu_seconds(live), processes.cpu_seconds(everything)
    seen = _load(each, scenario, lua, seconds=seconds)
    live_used = processes.cpu_seconds(live) - live_before
    all_used = processes.cpu_seconds(everything) - all_before
    if seen.failed:
        raise SystemExit(f"bench: {each.peer.NAME} failed {seen.failed} of {seen.requests} requests")
    return {
        **asdict(seen),
        "cpu_seconds": live_used,
        "cpu_seconds_all_processes": all_used,
        "requests_per_second": seen.requests / seen.seconds,
        "requests_per_cpu_second": seen.requests / live_used,
        "resident_mb": sum(map(processes.resident, live)) / 1e6,
    }


def _load(each: Running, scenario: Scenario, lua: Path, *, seconds: float) -> load.Load:
    scheme = "https" if scenario.tls else "http"
    port, connections = each.scene.port, scenario.connections
    return load.run(port, lua, core=LOAD_CORE, seconds=seconds, connections=connections, scheme=scheme)


def _result(each: Running, running: list[Running]) -> dict[str, Any]:
    yardstick = next((one for one in running if one.peer.NAME == YARDSTICK), None)
    ratios = _ratios(each, yardstick) if yardstick else []
    medians = {name: statistics.median(measured[name] for measured in each.rounds) for name in each.rounds[0]}
    return {
        **medians,
        "ratio": statistics.median(ratios) if ratios else None,
        "ratios": ratios,
        "rounds": each.rounds,
    }


def _ratios(each: Running, yardstick: Running) -> list[float]:
    """Round by round, so that whatever slows one round down slows both sides of its ratio."""
    return [
        ours["requests_per_cpu_second"] / theirs["requests_per_cpu_second"]
        for ours, theirs in zip(each.rounds, yardstick.rounds, strict=True)
    ]
