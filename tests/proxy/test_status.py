"""The status document keeps its contract: keys, and what their values look like."""

from __future__ import annotations

import json

from proxy.model.versions import TableVersion
from proxy.status import CertificateStatus, ProcessStatus, State, TableStatus, status_document


def test_the_document_has_the_promised_keys_and_is_json() -> None:
    processes = [
        ProcessStatus("supervisor", 0, 7, 0, 0.0, ready=True),
        ProcessStatus("proxy", 0, 8, 2, 1.5, ready=False, table_version=3),
        ProcessStatus("shadow", 0, None, 1, 1.0, ready=False),
    ]
    made = TableVersion(4, 1_774_872_000.0, "ada", "20 % as agreed", "abc", "/etc/routes.yaml")
    table = TableStatus(4, "/etc/routes.yaml", 1_774_958_400.0, "routes.yaml:1:1: error: ...", made, "no room")
    document = status_document(State.READY, table, "127.0.0.1:8080", "127.0.0.1:8081", processes)
    assert document.pop("certificates") is None
    assert json.loads(json.dumps(document)) == {
        "state": "ready",
        "listen": "127.0.0.1:8080",
        "admin": "127.0.0.1:8081",
        "table_version": 4,
        "table": {
            "source": "/etc/routes.yaml", "loaded_at": "2026-03-31T12:00:00.000Z", "error": "routes.yaml:1:1: error: ...",
            "since": "2026-03-30T12:00:00.000Z", "by": "ada", "reason": "20 % as agreed", "hash": "abc", "journal": "no room",
        },
        "processes": [
            {"role": "supervisor", "index": 0, "pid": 7, "restarts": 0, "stuck": 0, "started_at": "1970-01-01T00:00:00.000Z", "ready": True, "table_version": 0},
            {"role": "proxy", "index": 0, "pid": 8, "restarts": 2, "stuck": 0, "started_at": "1970-01-01T00:00:01.500Z", "ready": False, "table_version": 3},
            {"role": "shadow", "index": 0, "pid": None, "restarts": 1, "stuck": 0, "started_at": "1970-01-01T00:00:01.000Z", "ready": False, "table_version": 0},
        ],
    }  # fmt: skip


def test_certificates_in_use_are_told_with_their_names_and_their_end() -> None:
    told = CertificateStatus((("/etc/one.pem", ("example.com",), 1_774_958_400.0),), "key /etc/one.key: is encrypted")
    table = TableStatus(1, "/etc/routes.yaml", 0.0, None)
    assert status_document(State.READY, table, "", "", [], told)["certificates"] == {
        "in_use": [{"certificate": "/etc/one.pem", "names": ["example.com"], "expires_at": "2026-03-31T12:00:00.000Z"}],
        "error": "key /etc/one.key: is encrypted",
    }
