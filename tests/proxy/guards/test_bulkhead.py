from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from proxy.guards.bulkhead import Entry, Room
from proxy.model.resilience import Bulkhead, Mode


def test_who_comes_first_goes_first() -> None:
    room: Room[str] = Room(Bulkhead(in_flight=1, queue=2))
    assert [room.enter(name) for name in "abcd"] == [Entry.GO, Entry.WAIT, Entry.WAIT, Entry.FULL]
    assert [room.leave(), room.leave(), room.leave()] == ["b", "c", None]
    assert room.held == 0


def test_whoever_steps_out_of_the_line_makes_room_in_it() -> None:
    room: Room[str] = Room(Bulkhead(in_flight=1, queue=1))
    assert [room.enter("a"), room.enter("b"), room.enter("c")] == [Entry.GO, Entry.WAIT, Entry.FULL]
    room.step_out("b")
    assert room.enter("c") is Entry.WAIT
    assert room.leave() == "c"


def test_where_it_observes_everybody_goes_and_it_tells_who_would_not() -> None:
    room: Room[str] = Room(Bulkhead(in_flight=1, queue=1, mode=Mode.OBSERVE))
    assert [room.enter(name) for name in "abcd"] == [Entry.GO, Entry.GO, Entry.FULL, Entry.FULL]
    assert room.held == 4
    assert [room.leave() for _ in range(4)] == [None] * 4
    assert room.enter("e") is Entry.GO


def test_a_new_size_holds_from_now_on() -> None:
    room: Room[str] = Room(Bulkhead(in_flight=2, queue=3))
    for name in "abcde":
        room.enter(name)
    assert room.use(Bulkhead(in_flight=1, queue=3)) == []
    assert room.leave() is None
    assert room.held == 1
    assert room.use(Bulkhead(in_flight=3)) == ["c", "d"]
    assert room.enter("f") is Entry.FULL
    assert room.use(Bulkhead(in_flight=1, mode=Mode.OBSERVE)) == ["e"]


class Traffic(RuleBasedStateMachine):
    """Any order of coming, leaving and giving up: nobody is lost, nobody goes twice, no place is lost."""

    @initialize(in_flight=st.integers(1, 3), queue=st.integers(0, 3))
    def begin(self, in_flight: int, queue: int) -> None:
        self.room: Room[int] = Room(Bulkhead(in_flight, queue))
        self.next = 0
        self.inside: set[int] = set()
        self.line: list[int] = []

    @rule()
    def come(self) -> None:
        self.next += 1
        policy, free = self.room.policy, len(self.inside) < self.room.policy.in_flight
        match self.room.enter(self.next):
            case Entry.GO:
                assert free
                self.inside.add(self.next)
            case Entry.WAIT:
                assert not free or self.line
                self.line.append(self.next)
            case Entry.FULL:
                assert not free
                assert len(self.line) >= policy.queue

    @precondition(lambda self: self.inside)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        self.inside.remove(data.draw(st.sampled_from(sorted(self.inside))))
        self._admitted([] if (waiter := self.room.leave()) is None else [waiter])

    @precondition(lambda self: self.line)
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        waiter = data.draw(st.sampled_from(self.line))
        self.line.remove(waiter)
        self.room.step_out(waiter)

    @rule(in_flight=st.integers(1, 3), queue=st.integers(0, 3))
    def resize(self, in_flight: int, queue: int) -> None:
        self._admitted(self.room.use(Bulkhead(in_flight, queue)))

    def _admitted(self, waiters: list[int]) -> None:
        for waiter in waiters:
            assert waiter == self.line.pop(0)
            self.inside.add(waiter)

    @invariant()
    def places_and_people_agree(self) -> None:
        if not hasattr(self, "room"):
            return
        assert self.room.held == len(self.inside)
        assert self.room.waiting == len(self.line)
        assert not self.line or len(self.inside) >= self.room.policy.in_flight, "somebody waits beside a free place"


TestTraffic = Traffic.TestCase
TestTraffic.settings = settings(max_examples=60, stateful_step_count=40)
