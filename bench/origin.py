"""The origin behind every peer: nginx answering constants, so that it is never the bottleneck."""

from __future__ import annotations

import os
from pathlib import Path

from bench.programs import program

ANSWER = (
    '{"id":4711,"status":"confirmed","currency":"EUR","total":128.5,"customer":{"id":"c-2081","name":"Ada Example",'
    '"tier":"gold"},"items":['
    + ",".join(
        f'{{"sku":"SKU-{n:05}","name":"Item number {n}","quantity":{n % 3 + 1},"price":{n}.25,"tags":["a","b"]}}'
        for n in range(9)
    )
    + '],"links":{"self":"/orders/4711","invoice":"/invoices/4711"}}'
)
"""About one kilobyte of JSON, as an API would answer."""
ANSWERS = {"1k": ANSWER, "100k": "[" + ",".join([ANSWER] * 105) + "]"}

_CONFIG = """\
{user}worker_processes 1;
daemon off;
pid {directory}/origin.pid;
error_log {directory}/origin.error.log warn;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests 100000000;
    keepalive_timeout 600s;
    client_body_temp_path {directory}/origin.body;
    client_max_body_size 0;
    server {{
        listen 127.0.0.1:{legacy};
        listen 127.0.0.1:{candidate};
        default_type application/json;
        add_header Cache-Control "no-store";
        add_header X-Content-Type-Options "nosniff";
        location / {{
            if ($arg_answer = 100k) {{ rewrite ^ /100k last; }}
            return 200 '{answer}';
        }}
        location = /100k {{ alias {directory}/100k.json; }}
    }}
}}
"""


def command(directory: Path, legacy_port: int, candidate_port: int) -> list[str]:
    config = directory / "origin.conf"
    user = "user root;\n" if os.geteuid() == 0 else ""  # or it could not read what lies in our folder
    ports = {"legacy": legacy_port, "candidate": candidate_port}
    config.write_text(_CONFIG.format(user=user, directory=directory, answer=ANSWER, **ports))
    (directory / "100k.json").write_text(ANSWERS["100k"])
    return [program("nginx"), "-p", str(directory), "-e", f"{directory}/origin.error.log", "-c", str(config)]
