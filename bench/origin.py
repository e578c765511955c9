"""The origin behind every peer: nginx answering a constant, so that it is never the bottleneck."""

from __future__ import annotations

from pathlib import Path

from bench.programs import program
from bench.scene import ANSWER

_CONFIG = """\
worker_processes 1;
daemon off;
pid {directory}/origin.pid;
error_log {directory}/origin.error.log warn;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests 100000000;
    keepalive_timeout 600s;
    client_body_temp_path {directory}/origin.body;
    server {{
        listen 127.0.0.1:{legacy};
        listen 127.0.0.1:{candidate};
        location / {{
            default_type application/json;
            add_header Cache-Control "no-store";
            add_header X-Content-Type-Options "nosniff";
            return 200 '{answer}';
        }}
    }}
}}
"""


def command(directory: Path, legacy_port: int, candidate_port: int) -> list[str]:
    config = directory / "origin.conf"
    config.write_text(_CONFIG.format(directory=directory, legacy=legacy_port, candidate=candidate_port, answer=ANSWER))
    return [program("nginx"), "-p", str(directory), "-e", f"{directory}/origin.error.log", "-c", str(config)]
