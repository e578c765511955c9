"""``make screenshots``: every page of the console, light and dark, on a desktop and a phone, with the demo's evidence, into docs/images."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import pty
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.error import URLError
from urllib.request import urlopen

from bench.programs import program, require
from demo.processes import free_port
from tests.browser.chromium import Browser, browsing

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "images"
SIZES: Final = {"desktop": (1280, 800, False), "phone": (390, 844, True)}
SCHEMES: Final = ("light", "dark")
MOST_HIGH: Final = 1600
"""Pixels: what is further down is more of the same."""

PATIENCE: Final = 180.0


def main() -> int:
    require({"chromium": "chromium"})
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="strangler-screenshots-") as directory, _demo(Path(directory)) as base:
        asyncio.run(_take_all(base, Path(directory) / "chromium"))
    return 0


@contextmanager
def _demo(directory: Path) -> Iterator[str]:
    """The demo, which stays only where it believes that somebody looks; the address of its console."""
    admin, listen = free_port(), free_port()
    ours, theirs = pty.openpty()
    environment = {
        "DEMO_DIRECTORY": str(directory / "demo"),
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


async def _take_all(base: str, directory: Path) -> None:
    pages = _pages(base)
    async with browsing(program("chromium"), directory) as browser:
        for size, (width, height, mobile) in SIZES.items():
            for scheme in SCHEMES:
                await browser.ask(
                    "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}]
                )
                for name, path in pages.items():
                    shape = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
                    await browser.ask("Emulation.setDeviceMetricsOverride", **shape)
                    await browser.open(base + path)
                    file = FOLDER / f"{name}-{size}-{scheme}.png"
                    file.write_bytes(await _picture(browser, width))
                    sys.stdout.write(f"{file.relative_to(FOLDER.parents[1])}\n")


async def _picture(browser: Browser, width: int) -> bytes:
    await browser.until(
        "!document.querySelector('[hx-trigger=load].htmx-request, [hx-trigger=load]:not(:has(.sides, .quiet))')"
    )
    high = min(MOST_HIGH, int(await browser.value("document.documentElement.scrollHeight")))
    clip = {"x": 0, "y": 0, "width": width, "height": high, "scale": 1}
    taken = await browser.ask("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
    return base64.b64decode(taken["data"])


def _pages(base: str) -> dict[str, str]:
    """Those that show most: the route with the most differences, and its first one."""
    signature = _json(f"{base}/api/v1/signatures")["signatures"][0]
    return {
        "overview": "/",
        "route": f"/routes/{signature['route']}",
        "differences": "/differences",
        "difference": f"/differences/{signature['id']}",
        "pair": f"/pairs/{signature['example_pair']}",
        "system": "/system",
    }


def _json(url: str) -> Any:
    try:
        with urlopen(url, timeout=10) as answer:  # noqa: S310 - our own console
            return json.loads(answer.read())
    except URLError as error:
        raise SystemExit(f"screenshots: {url}: {error}") from error


if __name__ == "__main__":
    sys.exit(main())
