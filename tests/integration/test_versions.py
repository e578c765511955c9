"""Every change of the table is a numbered version with who, when and why, over restarts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from proxy.model.versions import FILE, read_versions
from tests.integration.instance import Instance, running
from tests.proxy.supervise.instance import until

pytestmark = pytest.mark.heavy

TABLE = """\
version: 1
backends:
  legacy: { url: "http://127.0.0.1:9" }  # the monolith
  orders: { url: "http://127.0.0.1:9" }
groups:
  ordering: { split: { orders: 5, legacy: 95 } }
routes:
  - { name: read, match: { path: "/orders/**" }, group: ordering }
"""


def strangler(instance: Instance, *words: str, code: int = 0) -> str:
    command = [sys.executable, "-m", "console", *words]
    env_free = {"STRANGLER_ADMIN": f"127.0.0.1:{instance.admin_port}", "STRANGLER_STORE": instance.store}
    done = subprocess.run(
        ["/usr/bin/env", *(f"{name}={value}" for name, value in env_free.items()), *command],
        cwd=instance.directory,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(Path(__file__).resolve().parents[2]), "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def table(instance: Instance) -> dict[str, Any]:
    status = instance.status()
    return {"version": status["table_version"], **status["table"]}


def test_versions_have_their_makers_and_go_on_over_restarts(tmp_path: Path) -> None:
    path = tmp_path / "routes.yaml"
    path.write_text(TABLE)
    with running(tmp_path, "--config", "routes.yaml") as instance:
        assert (table(instance)["version"], table(instance)["by"]) == (1, FILE)
        strangler(
            instance, "weight", "ordering", "orders=20", "legacy=80", "--reason", "two clean days", "--author", "ada"
        )
        why = "ordering: orders 5 % -> 20 %, legacy 95 % -> 80 %: two clean days"
        now = until(lambda: found if (found := table(instance))["by"] != FILE else None, "who did it")
        assert (now["version"], now["by"], now["reason"], now["journal"]) == (2, "ada", why, None)
        assert f"by ada: {why}" in strangler(instance, "status")
        path.write_text(path.read_text() + "# by hand\n")
        until(lambda: table(instance)["version"] == 3, "the edit by hand")
    with running(tmp_path, "--config", "routes.yaml") as instance:
        assert (table(instance)["version"], table(instance)["by"]) == (3, FILE)
    path.write_text(TABLE)
    with running(tmp_path, "--config", "routes.yaml") as instance:
        assert table(instance)["version"] == 4
    journal = tmp_path / "strangler.db.tables.jsonl"
    assert [one.by for one in read_versions(journal)] == [FILE, "ada", FILE, FILE]
    assert read_versions(journal)[0].text == TABLE
    assert journal.stat().st_mode & 0o777 == 0o600
    json.loads(journal.read_text().splitlines()[0])


def test_without_a_journal_tables_go_in_force_all_the_same_and_the_status_says_so(tmp_path: Path) -> None:
    path = tmp_path / "routes.yaml"
    path.write_text(TABLE)
    (tmp_path / "strangler.db.tables.jsonl").mkdir()
    with running(tmp_path, "--config", "routes.yaml") as instance:
        strangler(instance, "kill", "ordering")
        assert table(instance)["version"] == 2
        assert "Is a directory" in table(instance)["journal"]
        assert "the journal of table versions lacks the last changes" in strangler(instance, "status")
        assert "the journal of table versions cannot be written" in instance.log
        (tmp_path / "strangler.db.tables.jsonl").rmdir()
        strangler(instance, "weight", "ordering", "orders=1")
        assert table(instance)["journal"] is None
    assert [one.number for one in read_versions(tmp_path / "strangler.db.tables.jsonl")] == [1, 2, 3]


def test_a_rollback_is_a_new_version_on_every_worker_and_a_bad_file_is_mended_by_the_one_in_force(
    tmp_path: Path,
) -> None:
    path = tmp_path / "routes.yaml"
    path.write_text(TABLE)
    with running(tmp_path, "--config", "routes.yaml", "--workers", "2") as instance:
        strangler(instance, "weight", "ordering", "orders=20", "legacy=80", "--author", "ada")
        back = json.loads(strangler(instance, "rollback", "--reason", "errors", "--author", "ben", "--format", "json"))
        assert (back["restored"], back["in_force"]["table_version"], back["in_force"]["workers"]) == (1, 3, 2)
        assert path.read_text() == TABLE
        now = until(lambda: found if (found := table(instance))["by"] == "ben" else None, "who did it")
        assert now["reason"] == "back to version 1: errors"
        path.write_text("version: nonsense\n")
        until(lambda: table(instance)["error"], "the bad file")
        mended = json.loads(strangler(instance, "rollback", "--format", "json"))
        assert (mended["restored"], mended["in_force"]["table_version"]) == (3, 3)
        assert table(instance)["error"] is None
        assert path.read_text() == TABLE
    listed = strangler(instance, "history")
    assert "back to version 1: errors" in listed


def test_a_plan_and_then_the_change_in_force(tmp_path: Path) -> None:
    (tmp_path / "routes.yaml").write_text(TABLE)
    (tmp_path / "new.yaml").write_text(TABLE.replace("orders: 5, legacy: 95", "orders: 20, legacy: 80"))
    with running(tmp_path, "--config", "routes.yaml") as instance:
        assert "Against version 1:\n- read: 5 % to 20 % of identities move to orders" in strangler(
            instance, "plan", "new.yaml"
        )
        applied = json.loads(
            strangler(
                instance, "apply", "new.yaml", "--yes", "--author", "ada", "--reason", "as planned", "--format", "json"
            )
        )
        assert (applied["written"], applied["in_force"]["table_version"]) == (True, 2)
        now = until(lambda: found if (found := table(instance))["by"] == "ada" else None, "who did it")
        assert now["reason"] == "apply new.yaml: as planned"


def test_the_table_itself_is_waited_for_with_who_edited_it_and_why(tmp_path: Path) -> None:
    path = tmp_path / "routes.yaml"
    path.write_text(TABLE)
    with running(tmp_path, "--config", "routes.yaml", "--workers", "2") as instance:
        path.write_text(TABLE + "# by hand\n")
        applied = json.loads(strangler(instance, "apply", "--author", "ada", "--format", "json"))
        assert (applied["file"], applied["written"]) == ("routes.yaml", False)
        assert (applied["in_force"]["table_version"], applied["in_force"]["workers"]) == (2, 2)
        again = json.loads(strangler(instance, "apply", "routes.yaml", "--format", "json"))
        assert again["in_force"]["table_version"] == 2


def test_a_table_put_by_the_api_is_in_force_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "routes.yaml").write_text(TABLE)
    with running(tmp_path, "--config", "routes.yaml") as instance:
        read = json.loads(instance.admin("/api/v1/table")[1])
        body = json.dumps({"text": read["text"] + "# more\n", "reason": "by a program"}).encode()
        headers = {"Content-Type": "application/json", "If-Match": f'"{read["hash"]}"'}
        url = f"http://127.0.0.1:{instance.admin_port}/api/v1/table"
        with urlopen(Request(url, body, headers, method="PUT")) as answer:
            assert answer.status == 200
        now = until(lambda: found if (found := table(instance))["reason"] else None, "the new version")
        assert (now["version"], now["by"], now["reason"]) == (2, "local", "by a program")
        with pytest.raises(HTTPError, match="412"):
            urlopen(Request(url, body, headers, method="PUT"))
        assert json.loads(instance.admin("/api/v1/table/versions")[1])["versions"][0]["change"] == "# more"
