"""An environment of its own in which the live path is compiled by mypyc, from the same source: ``var/compiled``.

It is built from a copy, since compiled modules beside the source would be taken for it, and would go stale.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Final

from bench.programs import require

PROGRAMS: Final = {"gcc": "gcc"}
ROOT: Final = Path(__file__).parent.parent
HOME: Final = ROOT / "var" / "compiled"
PARTS: Final = ("pyproject.toml", "README.md", "LICENSE", "proxy", "shadow", "console", "demo")
"""What a wheel is made of."""


def python() -> Path:
    """The interpreter of that environment, which is made anew if the source has changed."""
    interpreter, stamp = HOME / "bin" / "python", HOME / "source.hash"
    present = _hash()
    if not stamp.exists() or stamp.read_text() != present:
        _build(interpreter)
        stamp.write_text(present)
    return interpreter


def packages() -> Path:
    """Where that environment has its packages."""
    (found,) = python().parent.parent.glob("lib/python*/site-packages")
    return found


def _hash() -> str:
    """Of all that goes into the wheel, and of the Python that it is for."""
    hashed = hashlib.sha256(sys.version.encode())
    for part in PARTS:
        path = ROOT / part
        for file in sorted(path.rglob("*.*")) if path.is_dir() else [path]:
            if file.is_file() and file.suffix not in {".pyc", ".so"}:
                hashed.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return hashed.hexdigest()


def _build(interpreter: Path) -> None:
    require(PROGRAMS)
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        raise SystemExit(
            "bench: Python's headers are missing, which compiling takes. On Debian: apt-get install python3-dev"
        )
    print("bench: compiling the live path (a minute)", file=sys.stderr, flush=True)
    shutil.rmtree(HOME, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", HOME], check=True)
    with tempfile.TemporaryDirectory(prefix="strangler-build-") as copy:
        for part in PARTS:
            source, there = ROOT / part, Path(copy) / part
            if source.is_dir():
                shutil.copytree(source, there, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
            else:
                shutil.copy(source, there)
        subprocess.run(
            [interpreter, "-m", "pip", "install", "-qq", "--disable-pip-version-check", f"{copy}[http2]"],
            check=True,
            env={**os.environ, "HATCH_BUILD_HOOK_ENABLE_MYPYC": "true"},
        )
