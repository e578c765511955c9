"""The files of jobs: who works tells, who looks reads, and a process that is gone is known."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from console.exits import Invalid
from console.jobs import files
from console.jobs.files import MOST_ENDED, JobFiles, working
from console.jobs.job import Kind, State

WORKS = """
import sys
from pathlib import Path
from console.jobs.files import JobFiles
from console.jobs.job import Kind
file = JobFiles(Path(sys.argv[1])).begin(Kind.PURGE, "old times", by="ada", via="command")
file.told("removing", 3, 10)
print(file.job.id, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def jobs(tmp_path: Path) -> JobFiles:
    return JobFiles(tmp_path / "jobs")


def test_none_are_known_before_the_first(jobs: JobFiles, tmp_path: Path) -> None:
    assert (jobs.all(), jobs.one("0123456789ab"), jobs.stamp()) == ([], None, frozenset())
    assert list(tmp_path.iterdir()) == []


def test_how_far_a_command_is_and_how_it_ended_is_read_by_others(
    jobs: JobFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "WRITE_SECONDS", 0.0)
    seen = jobs.stamp()
    with working(jobs, Kind.REPLAY, "3 pairs", "ada") as told:
        told("replaying", 1, 3)
        (job,) = jobs.all()
        assert (job.state, job.step, job.done, job.total) == (State.RUNNING, "replaying", 1, 3)
        assert (job.kind, job.about, job.by, job.via) == (Kind.REPLAY, "3 pairs", "ada", "command")
        assert jobs.running(Kind.REPLAY) == job
        assert jobs.running(Kind.PURGE) is None
        assert jobs.stamp() != seen
    (job,) = jobs.all()
    assert job.state is State.DONE
    assert job.ended_at is not None
    assert jobs.running(Kind.REPLAY) is None


@pytest.mark.parametrize(
    ("error", "state", "detail"),
    [
        (KeyboardInterrupt(), State.STOPPED, ""),
        (Invalid("no such pair"), State.FAILED, "no such pair"),
        (ValueError("password: hunter2"), State.FAILED, ""),
    ],
)
def test_what_ends_a_command_is_told_if_it_was_meant_for_people(
    jobs: JobFiles, error: BaseException, state: State, detail: str
) -> None:
    with pytest.raises(type(error)), working(jobs, Kind.PURGE, "old times", "ada"):
        raise error
    (job,) = jobs.all()
    assert (job.state, job.detail) == (state, detail)


def test_a_job_whose_process_was_killed_is_lost(jobs: JobFiles, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WORKS, str(tmp_path / "jobs")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).resolve().parents[3],
    )
    with process:
        assert process.stdout is not None
        id_ = process.stdout.readline().decode().strip()
        (job,) = jobs.all()
        assert (job.id, job.state) == (id_, State.RUNNING)
        seen = jobs.stamp()
        process.send_signal(signal.SIGKILL)
        process.wait()
    (job,) = jobs.all()
    assert (job.state, job.step, job.done) == (State.LOST, "removing", 3)
    assert jobs.stamp() != seen


def test_only_so_many_ended_jobs_are_kept_and_none_that_runs_goes(jobs: JobFiles) -> None:
    running = jobs.begin(Kind.PURGE, "the first", by="ada", via="console")
    for number in range(MOST_ENDED + 5):
        with working(jobs, Kind.REPLAY, f"number {number}", "ada"):
            pass
    found = jobs.all()
    assert len(found) == MOST_ENDED + 1
    assert {job.about for job in found} >= {"the first", f"number {MOST_ENDED + 4}"}
    running.end(State.DONE)


def test_what_is_no_job_is_left_alone(jobs: JobFiles, tmp_path: Path) -> None:
    directory = tmp_path / "jobs"
    with working(jobs, Kind.REPLAY, "", "ada"):
        pass
    for name, text in (("notes", "mine"), ("0123456789ab", "{"), ("0123456789ac", "[" * 100_000)):
        (directory / f"{name}.json").write_text(text)
    (directory / "0123456789ad.json").mkdir()
    assert len(jobs.all()) == 1
    assert jobs.one("../jobs/notes") is None


def test_files_are_for_the_owner_alone(jobs: JobFiles, tmp_path: Path) -> None:
    with working(jobs, Kind.REPLAY, "", "ada"):
        pass
    modes = {path: path.stat().st_mode & 0o777 for path in (tmp_path / "jobs").iterdir()}
    assert set(modes.values()) == {0o600}
    assert (tmp_path / "jobs").stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_begins_belongs_to_the_owner_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    os.chown(tmp_path / "store", 12345, 12345)
    with working(JobFiles(tmp_path / "store" / "jobs"), Kind.REPLAY, "", "root"):
        pass
    made = [tmp_path / "store" / "jobs", *(tmp_path / "store" / "jobs").iterdir()]
    assert {path.stat().st_uid for path in made} == {12345}


def test_a_link_in_the_place_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "jobs").symlink_to(tmp_path / "elsewhere")
    with working(JobFiles(tmp_path / "jobs"), Kind.REPLAY, "", "root") as told:
        told("replaying", 1, 3)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_where_nothing_can_be_written_the_work_is_done_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "jobs").write_text("a file")
    with working(JobFiles(tmp_path / "jobs"), Kind.REPLAY, "", "ada") as told:
        told("replaying", 1, 3)
    assert JobFiles(tmp_path / "jobs").all() == []
