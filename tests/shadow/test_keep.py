"""Which pairs are kept."""

from shadow.keep import DAY, KEPT_A_DAY, MATCH_SHARE, Keeping
from shadow.model import Outcome


def kept(keeping: Keeping, count: int, outcome: Outcome, signatures: tuple[str, ...] = (), at: float = 0.0) -> int:
    return sum(keeping.wants("orders", "r1", outcome, signatures, at) for _ in range(count))


def test_a_few_of_each_signature_are_kept_a_day() -> None:
    keeping = Keeping(lambda: 1.0)
    assert kept(keeping, 1000, Outcome.MISMATCH, ("a",)) == KEPT_A_DAY
    assert kept(keeping, 1000, Outcome.MISMATCH, ("b",)) == KEPT_A_DAY
    assert kept(keeping, 1000, Outcome.MISMATCH, ("a",), at=DAY) == KEPT_A_DAY


def test_a_pair_with_a_new_signature_is_kept_whatever_else_it_shows() -> None:
    keeping = Keeping(lambda: 1.0)
    kept(keeping, 1000, Outcome.MISMATCH, ("a",))
    assert kept(keeping, 1, Outcome.MISMATCH, ("a", "new")) == 1


def test_of_matches_the_first_is_kept_and_then_a_small_share() -> None:
    assert kept(Keeping(lambda: MATCH_SHARE), 1000, Outcome.MATCH) == 1
    assert kept(Keeping(lambda: 0.0), 1000, Outcome.MATCH) == KEPT_A_DAY


def test_failures_without_a_signature_are_kept_by_outcome() -> None:
    keeping = Keeping(lambda: 1.0)
    assert kept(keeping, 100, Outcome.CANDIDATE_TIMEOUT) == KEPT_A_DAY
    assert kept(keeping, 100, Outcome.CANDIDATE_ERROR) == KEPT_A_DAY


def test_memory_is_bounded_whatever_signatures_a_backend_invents() -> None:
    keeping = Keeping(lambda: 1.0)
    total = sum(keeping.wants("orders", "r1", Outcome.MISMATCH, [f"s{n}"], 0.0) for n in range(25_000))
    assert total == 20_000


def test_several_workers_share_what_may_be_kept() -> None:
    assert kept(Keeping(lambda: 1.0, 4), 1000, Outcome.MISMATCH, ("a",)) == KEPT_A_DAY // 4
    assert kept(Keeping(lambda: 1.0, 32), 1000, Outcome.MISMATCH, ("a",)) == 1
