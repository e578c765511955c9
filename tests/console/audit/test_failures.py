"""Failed logins as the audit log tells them: few lines, however many there were."""

from __future__ import annotations

from console.audit.failures import ELSEWHERE, MOST_ROWS, Failure, Failures
from console.audit.line import Step


def failure(user: str = "", network: str = "192.0.2.7") -> Failure:
    return Failure("POST /login", "a wrong password", 403, user, network)


def test_failures_that_look_alike_are_one_line_with_their_number_and_when_they_were() -> None:
    failures = Failures()
    for second in range(30):
        failures.add(failure("ada"), 1_000.0 + second)
    (line,) = failures.told()
    assert (line.step, line.by, line.what, line.status) == (Step.REFUSED, "nobody", "POST /login", 403)
    assert line.of == {"times": "30", "why": "a wrong password", "user": "ada", "from": "192.0.2.7"}
    assert line.words == "between 1970-01-01T00:16:40Z and 1970-01-01T00:17:09Z"


def test_however_many_addresses_fail_the_lines_are_few_and_none_is_lost() -> None:
    failures = Failures()
    for number in range(100_000):
        failures.add(failure(network=f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"), 0.0)
    lines = failures.told()
    assert len(lines) == MOST_ROWS + 1
    assert sum(int(line.of["times"]) for line in lines) == 100_000
    assert lines[-1].of["from"] == ELSEWHERE


def test_two_spans_that_could_not_be_told_stay_as_few_lines_as_one() -> None:
    earlier, later = Failures(), Failures()
    for number in range(100):
        earlier.add(failure(network=f"192.0.2.{number}"), 1.0)
        later.add(failure(network=f"198.51.100.{number}"), 61.0)
        later.add(failure(network="192.0.2.0"), 62.0)
    lines = earlier.with_(later).told()
    assert len(lines) == MOST_ROWS + 1
    assert sum(int(line.of["times"]) for line in lines) == 300
    assert lines[0].of["times"] == "101"


def test_the_rest_stays_one_line_when_spans_are_added_up_again_and_again() -> None:
    failures = Failures()
    for span in range(5):
        later = Failures()
        for number in range(50):
            later.add(failure(network=f"10.{span}.0.{number}"), float(span))
        failures = failures.with_(later)
    assert len(failures) == MOST_ROWS + 1
