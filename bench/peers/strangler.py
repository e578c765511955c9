"""Ours: one proxy worker. The supervisor, the shadow worker and the console run beside it on the same core."""

from __future__ import annotations

import sys

from bench.scene import Scene, free_port, prefixes

NAME = "strangler"
PROGRAMS: dict[str, str] = {}


def command(scene: Scene, *, shadow: str = "") -> list[str]:
    routes = "\n".join(
        f"  - name: {prefix[5:8]}\n"
        f"    match: {{ path: '{prefix}/{{id}}' }}\n"
        f"    split: {{ candidate: 50, legacy: 50 }}\n{shadow}"
        for prefix in prefixes()
    )
    table = scene.directory / "routes.yaml"
    table.write_text(
        "version: 1\n"
        "backends:\n"
        f"  legacy: {{ url: 'http://127.0.0.1:{scene.legacy_port}' }}\n"
        f"  candidate: {{ url: 'http://127.0.0.1:{scene.candidate_port}' }}\n"
        "defaults:\n"
        "  identity: [{ cookie: session }]\n"
        f"routes:\n{routes}"
    )
    return [
        *(sys.executable, "-m", "console", "serve", "--config", str(table), "--workers", "1"),
        *("--listen", f"127.0.0.1:{scene.port}", "--admin", f"127.0.0.1:{free_port()}"),
        *("--store", f"sqlite:///{scene.directory}/strangler.db", "--secret", str(scene.directory / "strangler.key")),
        *("--log-format", "json"),
    ]


def is_live_path(command_line: str) -> bool:
    return command_line.endswith("-m proxy")
