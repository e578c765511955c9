"""nginx: the yardstick, 1.00 by definition."""

from __future__ import annotations

from bench.programs import program
from bench.scene import Scene

NAME = "nginx"
PROGRAMS = {"nginx": "nginx-light"}

_CONFIG = """\
worker_processes 1;
daemon off;
pid {directory}/nginx.pid;
error_log {directory}/nginx.error.log warn;
events {{ worker_connections 4096; }}
http {{
    log_format line escape=json '{{"time":"$time_iso8601","route":"$route","backend":"$side","method":"$request_method",'
        '"path":"$uri","status":$status,"bytes_out":$body_bytes_sent,"bytes_in":$request_length,"seconds":$request_time,'
        '"first_byte":"$upstream_header_time","client":"$remote_addr","request_id":"$request_id"}}';
    access_log {directory}/access.log line buffer=64k flush=1s;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    keepalive_requests 100000000;
    keepalive_timeout 600s;
    split_clients "$cookie_session" $side {{ 50% candidate; * legacy; }}
    upstream legacy {{ server 127.0.0.1:{legacy}; keepalive 256; keepalive_requests 100000000; }}
    upstream candidate {{ server 127.0.0.1:{candidate}; keepalive 256; keepalive_requests 100000000; }}
    client_max_body_size 0;
    proxy_buffers 32 8k;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header X-Request-Id $request_id;
    proxy_set_header Via "1.1 nginx";
    server {{
        listen 127.0.0.1:{port}{tls};
        set $route "";
{locations}
        location / {{ proxy_pass http://legacy; }}
        location = /stub_status {{ stub_status; }}
        location = /socket {{
            proxy_pass http://legacy;
            proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
            proxy_read_timeout 600s;
        }}
    }}
}}
"""


def command(scene: Scene) -> list[str]:
    locations = "\n".join(
        f'        location {route.prefix}/ {{ set $route "{route.name}"; proxy_pass http://$side; }}'
        for route in scene.all_routes()
    )
    config = scene.directory / "nginx.conf"
    config.write_text(
        _CONFIG.format(
            directory=scene.directory,
            port=scene.port,
            tls=f" ssl;\n        ssl_certificate {scene.tls}/cert.pem; ssl_certificate_key {scene.tls}/key.pem"
            if scene.tls
            else "",
            legacy=scene.legacy_port,
            candidate=scene.candidate_port,
            locations=locations,
        )
    )
    log = scene.directory / "nginx.error.log"
    return [program("nginx"), "-p", str(scene.directory), "-e", str(log), "-c", str(config)]


def is_live_path(command_line: str) -> bool:
    return "worker process" in command_line
