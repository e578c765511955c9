"""``make screenshots``: every page of the console, light and dark, on a desktop and a phone, with the demo's evidence, into docs/images.

On a machine with the font Inter (Debian: fonts-inter) they look as in the README."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.request import Request, urlopen

from bench.programs import program, require
from console.jobs.files import JobFiles, working
from console.jobs.job import Kind, State
from demo.processes import free_port
from tests.browser.chromium import Browser, browsing
from tests.console.web.conftest import served
from tests.console.web.people import PASSWORD, GuardedPort
from tests.console.web.port import start

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "images"
SIZES: Final = {"desktop": (1280, 800, False), "phone": (390, 844, True)}
SCHEMES: Final = ("light", "dark")
MOST_HIGH: Final = 1600
"""Pixels: what is further down is more of the same."""

IN_README: Final = {"overview-desktop": 1000, "route-desktop": 1720, "difference-desktop": 960, "plan-desktop": 960}
"""How high those are that the repository keeps, as WebP of half the size; the others are PNG, which every viewer knows."""

PNG: Final = {"format": "png"}
WEBP: Final = {"format": "webp", "quality": 85}

PATIENCE: Final = 180.0


@dataclass(frozen=True, slots=True)
class Page:
    """``do`` is done in it before the picture is taken, which waits for ``until``."""

    url: str
    do: str = ""
    until: str = "true"


def main() -> int:
    require({"chromium": "chromium"})
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="strangler-screenshots-") as name:
        directory = Path(name)
        with _demo(directory) as base, _empty(directory) as empty:
            _change_and_go_back(base)
            with _jobs(base, directory) as jobs:
                asyncio.run(_take_all({**_pages(base), **jobs, **_first_pages(empty)}, directory))
    return 0


@contextmanager
def _demo(directory: Path) -> Iterator[str]:
    """The demo, which stays only where it believes that somebody looks; the address of its console."""
    admin, listen = free_port(), free_port()
    table = directory / "routes.yaml"  # changed on the way
    shutil.copyfile(FOLDER.parents[1] / table.name, table)
    ours, theirs = pty.openpty()
    environment = {
        "DEMO_DIRECTORY": str(directory / "demo"),
        "DEMO_TABLE": str(table),
        "STRANGLER_ADMIN": f"127.0.0.1:{admin}",
        "STRANGLER_LISTEN": f"127.0.0.1:{listen}",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "console", "demo"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, **environment},
    )
    try:
        deadline = time.monotonic() + PATIENCE
        said = b""
        while b"Until you press" not in said:
            if time.monotonic() > deadline or process.poll() is not None:
                raise SystemExit(f"screenshots: the demo did not come up:\n{said.decode(errors='replace')[-2000:]}")
            said += os.read(ours, 65536)
        yield f"http://127.0.0.1:{admin}"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
        os.close(ours)
        os.close(theirs)


@contextmanager
def _empty(directory: Path) -> Iterator[str]:
    """An instance a moment after its first start; the address of its console."""
    admin, listen = free_port(), free_port()
    command = [sys.executable, "-m", "console", "serve", "--legacy", "http://127.0.0.1:9", "--workers", "1"]
    command += ["--listen", f"127.0.0.1:{listen}", "--admin", f"127.0.0.1:{admin}"]
    command += ["--store", f"sqlite:///{directory / 'empty.db'}", "--secret", str(directory / "empty.key")]
    process = subprocess.Popen(command, cwd=directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{admin}"
    try:
        _until(lambda: bool(_json(f"{base}/healthz")["status"] == "ok"))
        yield base
    finally:
        process.terminate()
        process.wait(60)


def _change_and_go_back(base: str) -> None:
    """Two versions more, so that there is something to compare and to go back to. The last one is the first one again."""
    first = _json(f"{base}/api/v1/table")["text"]
    moved = first.replace("split: { inspector: 20, legacy: 80 }", "split: { inspector: 50, legacy: 50 }")
    for text, reason in ((moved, "two clean days at 20 %"), (first, "errors since the last change")):
        sent = Request(f"{base}/api/v1/table", json.dumps({"text": text, "reason": reason}).encode(), method="PUT")  # noqa: S310 - our own console
        sent.add_header("Content-Type", "application/json")
        sent.add_header("If-Match", "*")
        result = f"{base}/table/result?format=json&hash={_json(sent)['hash']}"
        _until(lambda url=result: bool(_json(url)["state"] == "in_force"))  # type: ignore[misc]


@contextmanager
def _jobs(base: str, directory: Path) -> Iterator[dict[str, Page]]:
    """Two that have ended, one that a command is at, and a purge that nobody has agreed to yet."""
    replayed, judged = (_job(base, kind, said) for kind, said in (("replay", REPLAYED), ("rejudge", {})))
    files = JobFiles(directory / "demo" / "strangler.db.jobs")
    with working(files, Kind.REPLAY, "1,000 pairs against http://127.0.0.1:9000", "ada") as told:
        told("replaying", 420, 1000)
        running = next(job.id for job in files.all() if job.state is State.RUNNING)
        paths = {"jobs": "/jobs?route=get", "replay": replayed, "rejudge": judged, "job-running": f"/jobs/{running}"}
        looked = Page(f"{base}/jobs", PURGED, "!!document.querySelector('button.danger')")
        yield {**{name: Page(base + path) for name, path in paths.items()}, "purge": looked}


def _job(base: str, kind: str, said: dict[str, str]) -> str:
    """The path of its page, once it has ended."""
    sent = Request(f"{base}/jobs/{kind}", json.dumps(said).encode(), {"Content-Type": "application/json"})  # noqa: S310 - our own console
    with urlopen(sent, timeout=10) as answer:  # noqa: S310 - our own console
        url = answer.url
    _until(lambda: bool(_json(f"{url}?format=json")["job"]["state"] == "done"))
    return str(url.removeprefix(base))


def _until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        with suppress(SystemExit):
            if done():
                return
        if time.monotonic() > deadline:
            raise SystemExit("screenshots: an instance did not come up")
        time.sleep(0.1)


async def _take_all(pages: dict[str, Page], directory: Path) -> None:
    (directory / "guarded").mkdir()
    async with (
        served(GuardedPort(directory / "guarded")) as guarded,
        browsing(program("chromium"), directory / "chromium") as browser,
    ):
        await start(guarded)
        pages = {**pages, **_doors(guarded.url)}
        for size, (width, height, mobile) in SIZES.items():
            for scheme in SCHEMES:
                await browser.ask(
                    "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}]
                )
                for name, page in pages.items():
                    shape = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
                    await browser.ask("Emulation.setDeviceMetricsOverride", **shape)
                    await browser.ask("Network.clearBrowserCookies")
                    await browser.open(page.url)
                    if page.do:
                        await browser.value(page.do)
                        await browser.until(page.until)
                    high, kept = IN_README.get(f"{name}-{size}", MOST_HIGH), f"{name}-{size}" in IN_README
                    file = FOLDER / f"{name}-{size}-{scheme}.{'webp' if kept else 'png'}"
                    file.write_bytes(await _picture(browser, width, high, WEBP if kept else PNG))
                    sys.stdout.write(f"{file.relative_to(FOLDER.parents[1])}\n")


async def _picture(browser: Browser, width: int, most: int, form: dict[str, Any]) -> bytes:
    await browser.until(
        "!document.querySelector('[hx-trigger=load].htmx-request, [hx-trigger=load]:not(:has(.sides, .quiet))')"
    )
    high = min(most, int(await browser.value("document.documentElement.scrollHeight")))
    clip = {"x": 0, "y": 0, "width": width, "height": high, "scale": 1}
    taken = await browser.ask("Page.captureScreenshot", **form, clip=clip, captureBeyondViewport=True)
    return base64.b64decode(taken["data"])


def _pages(base: str) -> dict[str, Page]:
    """Those that show most: the route with the most differences, and its first one."""
    signature = _json(f"{base}/api/v1/signatures")["signatures"][0]
    route = signature["route"]
    paths = {
        "overview": "/",
        "overview-nothing-fits": "/?q=nothing-of-the-kind",
        "route": f"/routes/{route}",
        "route-changes": "/routes/get/changes",  # of the two versions that _change_and_go_back makes
        "differences": "/differences",
        "differences-nothing-fits": "/differences?q=nothing-of-the-kind",
        "difference": f"/differences/{signature['id']}",
        "pair": f"/pairs/{signature['example_pair']}",
        "table": "/table",
        "table-code": "/table/codes/tie",
        "weights": "/table/weights",
        "move": "/table/move?name=reading&kill=yes",
        "versions": "/table/versions",
        "version": "/table/versions/2",
        "result": f"/table/result?hash={_json(f'{base}/api/v1/table')['hash']}",
        "system": "/system",
        "audit": "/audit",
        "audit-nothing-fits": "/audit?about=nothing-of-the-kind",
        "not-found": "/pairs/nothing-of-the-kind",
    }
    pages = {name: Page(base + path) for name, path in paths.items()}
    plan = Page(f"{base}/table", _typed("inspector: 20, legacy: 80", "inspector: 50, legacy: 50"), PLANNED)
    mistake = Page(f"{base}/table", _typed("inspector: 20", "inspektor: 20"), MISTAKEN)
    return {**pages, "plan": plan, "mistake": mistake}


def _first_pages(empty: str) -> dict[str, Page]:
    names = {"overview": "/", "differences": "/differences", "table": "/table", "weights": "/table/weights"}
    return {f"first-{name}": Page(empty + path) for name, path in {**names, "versions": "/table/versions"}.items()}


def _doors(guarded: str) -> dict[str, Page]:
    """Of an instance that asks who is there. A viewer may not read the audit log."""
    alert, forbidden = "!!document.querySelector('[role=alert]')", "document.body.textContent.includes('403')"
    return {
        "login": Page(f"{guarded}/login"),
        "login-wrong": Page(f"{guarded}/login", _logged_in("wrong"), alert),
        "forbidden": Page(f"{guarded}/login?next=/audit", _logged_in(PASSWORD), forbidden),
    }


def _logged_in(password: str) -> str:
    fields = {"name": "viewer", "password": password}
    typed = ", ".join(
        f"document.querySelector('[name={name}]').value = {json.dumps(it)}" for name, it in fields.items()
    )
    return f"{typed}, document.querySelector('form.login button').click()"


REPLAYED: Final = {"route": "anything-read", "limit": "200"}
PURGED: Final = (
    "document.querySelector('[name=before]').value = '1s', document.querySelector('[action$=plan] button').click()"
)
PLANNED: Final = "!!document.querySelector('#verdict .changes')"
MISTAKEN: Final = "!!document.querySelector('#verdict .at.error')"


def _typed(before: str, after: str) -> str:
    """As somebody types it into the editor."""
    words = f"text.value.replace({json.dumps(before)}, {json.dumps(after)})"
    heard = "text.dispatchEvent(new Event('input', {bubbles: true}))"
    return f"text = document.getElementById('text'), text.value = {words}, {heard}"


def _json(url: str | Request) -> Any:
    try:
        with urlopen(url, timeout=10) as answer:  # noqa: S310 - our own console
            return json.loads(answer.read())
    except OSError as error:
        raise SystemExit(f"screenshots: {url}: {error}") from error


if __name__ == "__main__":
    sys.exit(main())
