"""HAProxy: one thread. It has no weighted draw on a cookie, so a consistent hash over two servers does the sticky split."""

from __future__ import annotations

from bench.programs import program
from bench.scene import Scene

NAME = "haproxy"
PROGRAMS = {"haproxy": "haproxy"}

_CONFIG = """\
global
    nbthread 1
    maxconn 4096
    log stdout len 1024 format raw local0
    stats socket {directory}/stats.sock
defaults
    mode http
    timeout connect 5s
    timeout client 600s
    timeout server 100s
    option http-keep-alive
    http-reuse always
    log global
    log-format "%Tl %ft %b/%s %ST %B %TR/%Tw/%Tc/%Tr/%Ta %ID %HM %HP"
    unique-id-format %[uuid()]
frontend front
    bind 127.0.0.1:{port}{tls}
    http-request set-header X-Forwarded-For %[src]
    http-request set-header X-Forwarded-Proto http
    http-request set-header X-Forwarded-Host %[req.hdr(host)]
    http-request set-header Via "1.1 haproxy"
    unique-id-header X-Request-Id
{routes}
    default_backend unclaimed
{backends}
backend unclaimed
    server legacy 127.0.0.1:{legacy}
"""

_BACKEND = """\
backend {name}
    balance hash req.cook(session)
    hash-type consistent
    server legacy 127.0.0.1:{legacy} weight 50
    server candidate 127.0.0.1:{candidate} weight 50
"""


def command(scene: Scene) -> list[str]:
    config = scene.directory / "haproxy.cfg"
    ports = {"legacy": scene.legacy_port, "candidate": scene.candidate_port}
    config.write_text(
        _CONFIG.format(
            directory=scene.directory,
            port=scene.port,
            tls=_tls(scene),
            routes="\n".join(
                f"    use_backend {route.name} if {{ path_beg {route.prefix}/ }}" for route in scene.all_routes()
            ),
            backends="\n".join(_BACKEND.format(name=route.name, **ports) for route in scene.all_routes()),
            **ports,
        )
    )
    return [program("haproxy"), "-db", "-f", str(config)]


def is_live_path(command_line: str) -> bool:
    return "haproxy" in command_line


def _tls(scene: Scene) -> str:
    """HAProxy wants certificate and key in one file."""
    if scene.tls is None:
        return ""
    both = scene.directory / "both.pem"
    both.write_text((scene.tls / "cert.pem").read_text() + (scene.tls / "key.pem").read_text())
    return f" ssl crt {both} alpn http/1.1"
