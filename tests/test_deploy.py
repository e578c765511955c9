"""Everything in ``deploy/`` is well-formed, and names only options, metrics and paths that exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from console.main import main
from proxy.model.metrics import METRICS
from proxy.table.load import load_table

DEPLOY = Path(__file__).resolve().parents[1] / "deploy"
YAML_FILES = sorted(DEPLOY.rglob("*.yaml"))

OF_PROMETHEUS = {"up"}
OF_THE_CONSOLE = {
    "strangler_process_restarts",
    "strangler_processes",
    "strangler_build_info",
    "strangler_table_version",
}
"""Metrics that the console adds from the status of the instance."""


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def variables() -> set[str]:
    """The environment variable of every option of ``serve``."""
    assert isinstance(main, click.Group)
    serve = main.get_command(click.Context(main), "serve")
    assert serve is not None
    found: set[str] = set()
    for option in serve.params:
        named = option.envvar
        found |= {named} if isinstance(named, str) else set(named or ())
    return found


@pytest.mark.parametrize("path", YAML_FILES, ids=lambda path: path.relative_to(DEPLOY).as_posix())
def test_every_yaml_file_loads(path: Path) -> None:
    assert loaded(path)


@pytest.mark.parametrize(
    "text",
    [
        (DEPLOY / "compose" / "routes.yaml").read_text(),
        loaded(DEPLOY / "kubernetes" / "configmap.yaml")["data"]["routes.yaml"],
    ],
    ids=["compose", "kubernetes"],
)
def test_every_route_table_is_good(text: str) -> None:
    assert load_table(text).legacy.is_legacy


@pytest.mark.parametrize(
    "name", ["systemd/strangler.service", "compose/compose.yaml", "kubernetes/deployment.yaml", "../Dockerfile"]
)
def test_only_options_that_serve_knows_are_set(name: str) -> None:
    used = set(re.findall(r"\bSTRANGLER_[A-Z_]+\b", (DEPLOY / name).read_text()))
    assert used
    assert used <= variables()


def test_alerts_use_only_metrics_and_labels_that_exist() -> None:
    names = {**{name: metric.labels for name, metric in METRICS.items()}, **dict.fromkeys(OF_THE_CONSOLE, ("role",))}
    for group in loaded(DEPLOY / "prometheus" / "alerts.yaml")["groups"]:
        for rule in group["rules"]:
            used = set(re.findall(r"\b(strangler_[a-z_]+|up)\b(?!\")", rule["expr"]))
            bare = {name.removesuffix("_total") for name in used} - OF_PROMETHEUS
            assert bare <= set(names), f"{rule['alert']}: {bare - set(names)}"
            for label in re.findall(r"by \((\w+)\)", rule["expr"]):
                assert all(label in names[name] for name in bare), f"{rule['alert']}: no label {label}"


def test_alerts_say_what_and_how_urgent() -> None:
    for group in loaded(DEPLOY / "prometheus" / "alerts.yaml")["groups"]:
        for rule in group["rules"]:
            assert rule["labels"]["severity"] in {"page", "ticket"}
            assert rule["annotations"]["summary"]


def test_kubernetes_pods_run_without_root_and_without_a_writable_image() -> None:
    pod = loaded(DEPLOY / "kubernetes" / "deployment.yaml")["spec"]["template"]["spec"]
    container = pod["containers"][0]
    assert pod["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    volumes = {volume["name"] for volume in pod["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes


def test_kubernetes_files_are_all_listed() -> None:
    listed = set(loaded(DEPLOY / "kubernetes" / "kustomization.yaml")["resources"])
    assert listed == {path.name for path in (DEPLOY / "kubernetes").glob("*.yaml")} - {"kustomization.yaml"}


@pytest.mark.parametrize(("name", "kind"), [("strangler.socket", "data"), ("strangler-admin.socket", "admin")])
def test_the_socket_units_listen_where_the_service_would(name: str, kind: str) -> None:
    lines = (DEPLOY / "systemd" / name).read_text().splitlines()
    service = (DEPLOY / "systemd" / "strangler.service").read_text()
    assert {f"FileDescriptorName={kind}", "Service=strangler.service"} <= set(lines)
    (address,) = [line.removeprefix("ListenStream=") for line in lines if line.startswith("ListenStream=")]
    assert f"STRANGLER_{'LISTEN' if kind == 'data' else 'ADMIN'}={address}\n" in service


def test_the_systemd_unit_has_a_value_for_every_key_and_is_told_when_we_are_ready() -> None:
    unit = (DEPLOY / "systemd" / "strangler.service").read_text()
    lines = [line for line in unit.splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"\[\w+\]|[A-Z]\w+=.*", line)] == []
    assert {"Type=notify", "KillMode=mixed", "NoNewPrivileges=yes", "ProtectSystem=strict"} <= set(lines)


def test_the_systemd_unit_lets_processes_stand_back_and_what_it_forbids_kills_none() -> None:
    """Without an error number systemd kills who makes a forbidden call, and setpriority(2) is in @resources."""
    lines = (DEPLOY / "systemd" / "strangler.service").read_text().splitlines()
    assert "SystemCallErrorNumber=EPERM" in lines
    assert [line for line in lines if line.startswith("SystemCallFilter=")] == [
        "SystemCallFilter=@system-service",
        "SystemCallFilter=~@privileged",
    ]
