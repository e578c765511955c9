from __future__ import annotations

import json
from typing import Any

import pytest

from console.jobs.job import Job, Kind, State, job_of

JOB = Job(id="0123456789ab", kind=Kind.PURGE, about="old times", by="ada", via="console", started_at=1.5)


def test_what_is_written_is_read() -> None:
    further = JOB.at("removing", 3, 10)
    ended = further.ended(State.FAILED, 2.5, "the disk is full", {"lines": ["one"]})
    for job in (JOB, further, ended):
        assert job_of(json.loads(json.dumps(job.to_json()))) == job
    assert (further.step, further.done, further.total) == ("removing", 3, 10)
    assert (ended.state, ended.ended_at, ended.detail) == (State.FAILED, 2.5, "the disk is full")


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "../../etc"},
        {"id": 7},
        {"kind": "nonsense"},
        {"state": "nonsense"},
        {"done": "3"},
        {"started_at": None},
        {"started_at": 1e300},
        {"ended_at": float("nan")},
        {"result": [1]},
        {"more": 1},
    ],
)
def test_what_is_no_job_is_none(changes: dict[str, Any]) -> None:
    assert job_of(JOB.to_json() | changes) is None


@pytest.mark.parametrize("read", [None, [], "job", {}, 3])
def test_other_json_is_no_job(read: Any) -> None:
    assert job_of(read) is None
