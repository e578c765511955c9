"""Whether an endpoint is well, from the answers to active checks. Pure."""

from __future__ import annotations

from proxy.model.table import Health


class HealthState:
    """Well until ``fall`` bad answers in a row, then ill until ``rise`` good ones. Who was never asked counts as well: a worker
    that starts must not wait for its first checks."""

    __slots__ = ("_against", "policy", "well")

    def __init__(self, policy: Health) -> None:
        self.policy = policy
        self.well = True
        self._against = 0

    def checked(self, *, good: bool) -> bool:
        """Take in one answer; says whether it changed how the endpoint is."""
        if good is self.well:
            self._against = 0
            return False
        self._against += 1
        if self._against < (self.policy.fall if self.well else self.policy.rise):
            return False
        self.well = not self.well
        self._against = 0
        return True


def is_good(status: int) -> bool:
    """Whether an answer of this status says that the endpoint is well."""
    return 200 <= status < 400
