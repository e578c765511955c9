"""The programs a bench needs, and how to get them on Debian."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path


def require(programs: dict[str, str]) -> None:
    """Make sure that each program (name -> Debian package) is there: installed if we are root, else say what to install."""
    missing = {name: package for name, package in programs.items() if _find(name) is None}
    if not missing:
        return
    packages = sorted(set(missing.values()))
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise SystemExit(
            f"bench: missing {', '.join(missing)}. Install them: sudo apt-get install {' '.join(packages)}"
        )
    print(f"bench: installing {' '.join(packages)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    if subprocess.run(install, env=environment, check=False, stdout=subprocess.DEVNULL).returncode != 0:
        subprocess.run(["apt-get", "update", "-qq"], env=environment, check=True)
        subprocess.run(install, env=environment, check=True, stdout=subprocess.DEVNULL)


def program(name: str) -> str:
    """The full path. What pip installed beside this Python counts, and /usr/sbin, which is not on everybody's PATH."""
    found = _find(name)
    if found is None:
        raise SystemExit(
            f"bench: {name} is not installed: python -m pip install --group bench, or leave it out with --peers"
        )
    return found


def _find(name: str) -> str | None:
    places = (str(Path(sys.executable).parent), os.environ.get("PATH", ""), "/usr/sbin", "/sbin", "/usr/local/sbin")
    return shutil.which(name, path=":".join(places))
