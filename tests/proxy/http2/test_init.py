"""HTTP/2 is an extra: nothing of it is imported before somebody asks for it."""

from __future__ import annotations

import subprocess
import sys

LOADED = (
    "import sys; print(sorted(name for name in sys.modules if name.partition('.')[0] in {'h2', 'hpack', 'hyperframe'}))"
)


def said(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def test_a_worker_imports_it_only_when_it_is_told_to() -> None:
    assert said(f"import proxy.worker; {LOADED}") == "[]"
    assert "'h2.connection'" in said(f"import proxy.worker; from proxy import http2; http2.load(); {LOADED}")
