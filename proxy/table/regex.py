"""Is a regex safe to run on what strangers send? Python's engine backtracks, so some regexes take for ever on some texts.

What the engine tries on a text are runs of the regex's automaton, so its work is bounded by a constant per character unless

- some state has two different ways round to itself on the same text: exponential, as ``(a+)+``; or
- some loop leads to another loop on a text that both go round on: quadratic or worse, as ``a*a*`` (Weber and Seidl, "On the
  degree of ambiguity of finite automata", 1991); or
- so many choices in a row fit the same text that their product is large, as ``(ab|ab)(ab|ab)(ab|ab)...``.

All three are refused, and so is what the automaton cannot hold: back-references and lookarounds. The last loop of a regex
that takes any character is free: once there, the match cannot fail. A safe regex may be refused; an unsafe one is not let
through.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from proxy.table.automaton import EVERY, Automaton, Dangerous, build

MAX_CHOICES: Final = 1024
MAX_STEPS: Final = 300_000
"""Steps of the analysis; a regex that needs more is refused as too complex."""

_UNNEST: Final = (
    "take one repeat away: (a+)+ is a+; or begin each round with a character that nothing within takes: (/[^/]+)+"
)
_SEPARATE: Final = "put between them what neither takes: [^/]+/[^/]+ instead of .+/.+; or let only the last one be .*"


@lru_cache(maxsize=1024)
def check_regex(pattern: str) -> Automaton:
    """The automaton of a regex that is safe to run. Raises Dangerous."""
    automaton = build(pattern)
    _Analysis(automaton).check()
    return automaton


def may_overlap(one: Automaton, other: Automaton) -> bool:
    """Can one text match both? Never wrongly False."""
    if one.empty and other.empty:
        return True
    todo = [(a, b) for a in one.first for b in other.first if one.takes[a] & other.takes[b]]
    seen = set(todo)
    while todo:
        a, b = todo.pop()
        if a in one.last and b in other.last:
            return True
        for pair in ((x, y) for x in one.follow[a] for y in other.follow[b] if one.takes[x] & other.takes[y]):
            if pair not in seen:
                if len(seen) > MAX_STEPS:
                    return True
                seen.add(pair)
                todo.append(pair)
    return False


class _Analysis:
    """Looks for the three shapes that make the engine try too much."""

    def __init__(self, automaton: Automaton) -> None:
        self._automaton = automaton
        self._steps = 0
        self._rounds = self._components()

    def check(self) -> None:
        self._check_rounds()
        self._check_loops_in_a_row()
        self._check_choices()

    def _components(self) -> list[int]:
        """For each state the number of its loop (strongly connected component), -1 if it is in none."""
        follow = self._automaton.follow
        reach = [self._reachable(state) for state in range(len(follow))]
        loops: dict[int, int] = {}
        for state, reached in enumerate(reach):
            if state in reached:
                loops[state] = next((loops[s] for s in loops if s in reached and state in reach[s]), state)
        return [loops.get(state, -1) for state in range(len(follow))]

    def _reachable(self, start: int) -> set[int]:
        reached: set[int] = set()
        todo = [start]
        while todo:
            for state in self._automaton.follow[todo.pop()]:
                if state not in reached:
                    reached.add(state)
                    todo.append(state)
        self._step(len(reached))
        return reached

    def _step(self, count: int = 1) -> None:
        self._steps += count
        if self._steps > MAX_STEPS:
            raise Dangerous(
                "this regex is too complex to be shown safe", "make it shorter, or split it into several matches"
            )

    def _check_rounds(self) -> None:
        """Two ways round on the same text: (q, q) leads through some (p, p'), p and p' different, back to (q, q)."""
        follow, rounds = self._automaton.follow, self._rounds
        for state, ways in enumerate(follow):
            for after, count in ways.items():
                if count > 1 and rounds[state] == rounds[after] != -1:
                    raise Dangerous("a repeat within a repeat takes the same text in very many ways", _UNNEST)
        for loop in {number for number in rounds if number != -1}:
            forward, backward = self._pairs(loop)
            for pair in forward:
                if pair[0] != pair[1] and pair in backward:
                    raise Dangerous("a repeat within a repeat takes the same text in very many ways", _UNNEST)

    def _pairs(self, loop: int) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
        """Pairs of states of a loop that equal pairs lead to on one text, and those that lead to equal pairs."""
        members = [state for state, number in enumerate(self._rounds) if number == loop]
        arrows: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for p in members:
            for q in members:
                arrows[p, q] = list(self._moves((p, q), (loop, loop)))
        reverse: dict[tuple[int, int], list[tuple[int, int]]] = {pair: [] for pair in arrows}
        for pair, nexts in arrows.items():
            for after in nexts:
                reverse[after].append(pair)
        equal = [(p, p) for p in members]
        return self._closure(equal, arrows), self._closure(equal, reverse)

    def _closure(
        self, start: list[tuple[int, int]], arrows: dict[tuple[int, int], list[tuple[int, int]]]
    ) -> set[tuple[int, int]]:
        reached, todo = set(start), list(start)
        while todo:
            for pair in arrows[todo.pop()]:
                if pair not in reached:
                    reached.add(pair)
                    todo.append(pair)
        return reached

    def _moves(self, states: tuple[int, ...], loops: tuple[int | None, ...]) -> Iterator[Any]:
        """Where the states go together on one character, each staying in its loop (None: anywhere)."""
        automaton, rounds = self._automaton, self._rounds
        partial: list[tuple[tuple[int, ...], int]] = [((), EVERY)]
        for state, loop in zip(states, loops, strict=True):
            partial = [
                ((*chosen, after), common & automaton.takes[after])
                for chosen, common in partial
                for after in automaton.follow[state]
                if common & automaton.takes[after] and (loop is None or rounds[after] == loop)
            ]
            self._step(len(partial) + 1)
        return (chosen for chosen, _ in partial)

    def _check_loops_in_a_row(self) -> None:
        """A text on which p goes round to p, p goes to q, and q goes round to q, p and q different."""
        rounds = self._rounds
        looping = [state for state, number in enumerate(rounds) if number != -1]
        for p in looping:
            reached = self._reachable(p)
            for q in looping:
                if (
                    q != p
                    and q in reached
                    and rounds[q] != rounds[p]
                    and not self._cannot_fail(q)
                    and self._same_text(p, q)
                ):
                    raise Dangerous("two repeats in a row can share the same text in many ways", _SEPARATE)

    def _cannot_fail(self, state: int) -> bool:
        automaton = self._automaton
        if automaton.anchored:
            return False
        return automaton.takes[state] == EVERY and state in automaton.last and state in automaton.follow[state]

    def _same_text(self, p: int, q: int) -> bool:
        loops = (self._rounds[p], None, self._rounds[q])
        todo: list[tuple[int, ...]] = [(p, p, q)]
        seen = set(todo)
        while todo:
            for triple in self._moves(todo.pop(), loops):
                if triple == (p, q, q):
                    return True
                if triple not in seen:
                    seen.add(triple)
                    todo.append(triple)
        return False

    def _check_choices(self) -> None:
        """Where several states can follow on the same character, the engine has a choice; choices multiply."""
        automaton = self._automaton
        product = max(automaton.last.values(), default=1) * max(automaton.empty, 1)
        for ways in (automaton.first, *automaton.follow):
            product *= max((self._fitting(state, ways) for state in ways), default=1)
            if product > MAX_CHOICES:
                message = "too many choices in this regex take the same text"
                raise Dangerous(message, "make alternatives begin differently")

    def _fitting(self, state: int, ways: dict[int, int]) -> int:
        """The ways on which one character can lead to ``state`` or to another state."""
        takes = self._automaton.takes
        return sum(count for other, count in ways.items() if takes[state] & takes[other])
