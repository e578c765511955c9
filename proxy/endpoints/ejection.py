"""An endpoint at which requests fail one after the other is left alone for a while. Pure; clock (seconds) is an argument."""

from __future__ import annotations

from proxy.model.resilience import Ejection, Mode


class EjectionState:
    """Counts failures in a row. ``until`` is when an ejection ends, None if there is none under way.

    ``base`` seconds the first time, twice as long each time after, up to ``longest``; who then does well for ``longest``
    begins anew.
    """

    __slots__ = ("_failed", "_times", "back_at", "policy", "until")

    def __init__(self, policy: Ejection) -> None:
        self.policy = policy
        self.until: float | None = None
        self.back_at = 0.0
        self._failed = 0
        self._times = 0

    @property
    def keeps_away(self) -> bool:
        """Whether requests stay away from the endpoint now."""
        return self.until is not None and self.policy.mode is Mode.ENFORCE

    def ended(self, *, failed: bool) -> bool:
        """Take in how a try ended; says whether the endpoint should be ejected."""
        if not failed:
            self._failed = 0
            return False
        self._failed += 1
        return self.until is None and self._failed >= self.policy.failures

    def eject(self, now: float) -> float:
        """Leave the endpoint alone from now on; says for how long."""
        policy = self.policy
        if now - self.back_at > policy.longest:
            self._times = 0
        # Capped before it is doubled: the power of a large count is no number that anybody can use.
        seconds = min(policy.base * 2.0 ** min(self._times, 32), policy.longest)
        self._times += 1
        self.until = now + seconds
        return seconds

    def is_over(self, now: float) -> bool:
        return self.until is not None and now >= self.until

    def come_back(self, now: float) -> None:
        self.until = None
        self.back_at = now
        self._failed = 0

    def begin_anew(self) -> None:
        """It is not ejected, since it is the last one; after as many failures more somebody may ask again."""
        self._failed = 0
