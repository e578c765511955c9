"""The five-minute story: monolith, new service and strangler start, users work, the report tells what may move."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from console.author import account
from console.jobs.files import JobFiles, working
from console.jobs.job import Kind
from console.store_files import jobs_directory
from demo import processes
from demo.drive import Driven, drive
from demo.processes import CannotStart, Child
from demo.summary import summary
from demo.traffic import UNCLAIMED, traffic

HOME = Path(__file__).resolve().parents[1]
CATCH_UP = 60.0
"""Seconds that the shadow worker gets to compare what is left when the users have gone."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the story plays: addresses, the table and the folder for everything it writes."""

    listen: str
    admin: str
    config: Path
    directory: Path

    @property
    def store(self) -> str:
        """Short where it can be: it stands in lines that people copy."""
        return f"sqlite:///{_short(self.directory / 'strangler.db')}"


def run(stay: bool = True) -> int:
    """Tell the story once. 0 fine, 1 something failed, 130 ended by Ctrl-C; no process of ours is left in any case."""
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _interrupt)
    children: list[Child] = []
    try:
        stage = _stage()
        _start(stage, children)
        told = _tell(stage)
        if stay and sys.stdout.isatty():
            _stay(stage, children)
        return told
    except CannotStart as error:
        _say(f"demo: {error}")
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        processes.end_all(list(reversed(children)))


def _stage() -> Stage:
    config = Path(os.environ.get("DEMO_TABLE", HOME / "routes.yaml")).resolve()
    if not config.exists():
        raise CannotStart("the demo runs from a checkout: clone the repository and run `make demo` there")
    directory = Path(os.environ.get("DEMO_DIRECTORY", HOME / "var" / "demo")).resolve()
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return Stage(
        listen=processes.require_free(os.environ.get("STRANGLER_LISTEN", "127.0.0.1:8080"), "STRANGLER_LISTEN"),
        admin=processes.require_free(os.environ.get("STRANGLER_ADMIN", "127.0.0.1:8081"), "STRANGLER_ADMIN"),
        config=config,
        directory=directory,
    )


def _start(stage: Stage, children: list[Child]) -> None:
    legacy, new = processes.free_port(), processes.free_port()
    _say("starting the monolith (httpbin under gunicorn), the new service and strangler")
    processes.add(children, lambda: processes.monolith(legacy, stage.directory))
    processes.add(children, lambda: processes.new_service(new, stage.directory))
    children[0].wait_ready(f"http://127.0.0.1:{legacy}/status/200")
    children[1].wait_ready(f"http://127.0.0.1:{new}/status/200")
    command = [*_strangler("serve"), "--listen", stage.listen, "--admin", stage.admin]
    command += ["--config", str(stage.config), "--store", stage.store, "--workers", "1"]
    command += ["--secret", str(stage.directory / "strangler.key")]
    addresses = {"DEMO_LEGACY": f"http://127.0.0.1:{legacy}", "DEMO_NEW": f"http://127.0.0.1:{new}"}
    processes.add(children, lambda: Child("strangler", command, stage.directory / "strangler.log", addresses))
    children[2].wait_ready(f"http://{stage.admin}/readyz")
    # Users can be answered now. Copies sent before the shadow worker listens would only be counted as lost.
    _until(lambda: _asked(stage, "healthz").get("status") == "ok", CATCH_UP)


def _tell(stage: Stage) -> int:
    requests = list(traffic(float(os.environ.get("DEMO_SCALE", "1"))))
    _say(
        f"sending {len(requests):,} requests of {len({each.route for each in requests})} kinds to http://{stage.listen}/;"
        f" http://{stage.admin}/jobs shows how far that is"
    )
    with working(
        JobFiles(jobs_directory(stage.store)), Kind.DEMO, f"users of http://{stage.listen}/", account()
    ) as told:
        driven = asyncio.run(drive(f"http://{stage.listen}", requests, len(requests), told))
    _say(f"{driven.answered.total():,} answered, {len(driven.failed)} failed, in {driven.seconds:.1f} s")
    for failure in driven.failed[:5]:
        _say(f"failed: {failure}")
    caught_up = _until(lambda: _shadow_is_done(stage, driven), CATCH_UP)
    if not caught_up:
        _say(
            f"the shadow worker is not done after {CATCH_UP:.0f} s; {_short(stage.directory / 'strangler.log')} may say why"
        )
    report = _reports(stage)
    print()
    for sentence in summary(report, sent=driven.sent, failed=len(driven.failed)).splitlines():
        print(textwrap.fill(sentence, width=shutil.get_terminal_size().columns, break_on_hyphens=False))
    print(f"The report as JSON: {_short(stage.directory / 'report.json')}", flush=True)
    return 1 if driven.failed or not caught_up else 0


def _reports(stage: Stage) -> dict[str, Any]:
    """Print the report as a person reads it; keep and return it as JSON."""
    known = ["--store", stage.store]
    print(flush=True)
    subprocess.run([*_strangler("report"), *known], check=False)
    output = subprocess.run([*_strangler("report"), *known, "--format", "json"], check=False, stdout=subprocess.PIPE)
    # 1 says that a route is blocked: that is what the demo is made for.
    if output.returncode not in {0, 1}:
        raise CannotStart(f"there is no report: `strangler report` ended with {output.returncode}")
    (stage.directory / "report.json").write_bytes(output.stdout)
    return dict(json.loads(output.stdout))


def _shadow_is_done(stage: Stage, driven: Driven) -> bool:
    """Every request that the users sent is counted, and every copy has an outcome or a reason why not."""
    routes = {route["route"]: route for route in _asked(stage, "api/v1/report").get("routes", [])}
    for name, answered in driven.answered.items():
        if name == UNCLAIMED:
            continue
        route = routes.get(name)
        if route is None or route["seen"] < answered:
            return False
        settled = sum(route["outcomes"].values()) + sum(route["skipped"].values())
        if settled < answered:
            return False
    return True


def _until(done: Callable[[], bool], patience: float) -> bool:
    deadline = time.monotonic() + patience
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def _strangler(command: str) -> list[str]:
    return [sys.executable, "-m", "console", command]


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _asked(stage: Stage, path: str) -> dict[str, Any]:
    """What the admin port answers; nothing if it does not."""
    try:
        with urlopen(f"http://{stage.admin}/{path}", timeout=5) as answer:
            return dict(json.load(answer))
    except (HTTPError, URLError, OSError, ValueError):
        return {}


def _stay(stage: Stage, children: list[Child]) -> None:
    """Keep it running, and tell what becomes of the reader's edits. Ctrl-C ends the story, so here it is no failure."""
    _say(f"\nUntil you press Ctrl-C the proxy is at http://{stage.listen}/,\nand the console at http://{stage.admin}/.")
    _say(f"Commands as shown above begin with {_short(Path(sys.executable).parent / 'strangler')} here.")
    _say(f"Change {_short(stage.config)}: the new table is in force a moment later.")
    try:
        table = _asked(stage, "api/v1/status")
        while not any(child.ended for child in children):
            time.sleep(0.25)
            if now := _asked(stage, "api/v1/status"):
                for line in news(table, now):
                    _say(line)
                table = now
        gone = next(child for child in children if child.ended)
        raise CannotStart(f"{gone.name} has ended; the end of {_short(gone.log)} may say why")
    except KeyboardInterrupt:
        _say("\nending everything")


def news(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What became of the table between two statuses of the instance."""
    name = Path(now["table"]["source"]).name
    if (error := now["table"]["error"]) and (not before or error != before["table"]["error"]):
        return [f"\n{name} has mistakes; table version {now['table_version']} stays in force\n{error}"]
    if before and (now["table_version"] != before["table_version"] or (before["table"]["error"] and not error)):
        return [f"\n{name}: table version {now['table_version']} is in force"]
    return []


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
