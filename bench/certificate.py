"""A certificate for a bench, signed by itself."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

from bench.programs import program

KEYS: Final = {"ecdsa": ("ec", "-pkeyopt", "ec_paramgen_curve:P-256"), "rsa": ("rsa:2048",)}
"""How openssl makes each kind of key."""


def certificate(directory: Path, kind: str = "ecdsa") -> Path:
    """``cert.pem`` and ``key.pem`` in ``directory``, which is made."""
    directory.mkdir()
    command = [program("openssl"), "req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=bench", "-newkey", *KEYS[kind]]
    files = ["-keyout", f"{directory}/key.pem", "-out", f"{directory}/cert.pem"]
    subprocess.run([*command, *files], check=True, capture_output=True)
    return directory
