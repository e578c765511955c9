"""Ours: one proxy worker, its live path compiled as in the container image. The supervisor, the shadow worker and the console run beside it on the same core."""

from __future__ import annotations

from bench import compiled
from bench.scene import Scene, free_port

NAME = "strangler"
PROGRAMS = compiled.PROGRAMS


def table(scene: Scene, *, route: str = "", backend: str = "") -> str:
    """Routes with a sticky split. ``route`` are more lines for each of them, ``backend`` more keys for each backend."""
    routes = "\n".join(
        f"  - name: {one.name}\n"
        f"    match: {{ path: '{one.prefix}/{{id}}' }}\n"
        f"    split: {{ candidate: 50, legacy: 50 }}\n{route}"
        for one in scene.all_routes()
    )
    return (
        "version: 1\n"
        "backends:\n"
        f"  legacy: {{ url: 'http://127.0.0.1:{scene.legacy_port}'{backend} }}\n"
        f"  candidate: {{ url: 'http://127.0.0.1:{scene.candidate_port}'{backend} }}\n"
        "defaults:\n"
        "  identity: [{ cookie: session }]\n"
        f"{_listen(scene)}routes:\n{routes}"
    )


def command(scene: Scene, *, route: str = "", backend: str = "") -> list[str]:
    return serve(scene, table(scene, route=route, backend=backend), free_port())


def serve(scene: Scene, table: str, admin_port: int, *options: str, workers: int = 1) -> list[str]:
    config = scene.directory / "routes.yaml"
    config.write_text(table)
    return [
        *(str(compiled.python()), "-P", "-m", "console", "serve", "--config", str(config), "--workers", str(workers)),
        *("--listen", f"127.0.0.1:{scene.port}", "--admin", f"127.0.0.1:{admin_port}", *options),
        *("--store", f"sqlite:///{scene.directory}/strangler.db", "--secret", str(scene.directory / "strangler.key")),
        *("--log-format", "json"),
    ]


def _listen(scene: Scene) -> str:
    if scene.tls is None:
        return ""
    return (
        f"listen: {{ tls: {{ certificates: [{{ certificate: {scene.tls}/cert.pem, key: {scene.tls}/key.pem }}] }} }}\n"
    )


def is_live_path(command_line: str) -> bool:
    return command_line.endswith("-m proxy")
