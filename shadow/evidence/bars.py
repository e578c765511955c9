"""How much evidence does each of several routes need, so that few of those called ready are not? Pure.

With R routes judged at once, 5 % each would add up: of 50 routes at their limits two or three would be called ready. The
e-BH procedure (Wang and Ramdas, 2022) sorts the routes by their evidence E and calls the first k ready, for the largest k whose
E are all R/(k alpha) or more. The expected share of wrong ones among those called ready is then at most alpha, however the
routes depend on each other; and as E may be looked at at any time, so may this. A route that is alone ahead of all others needs R
times the evidence; routes that are all clean need no more than one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping

from shadow.evidence.e_value import ALPHA
from shadow.model import Bar


def bars(evidence: Mapping[str, float], alpha: float = ALPHA) -> dict[str, Bar]:
    """For each route the E from which on it is ready, given the E of the others. A route is ready by e-BH if and only if its E
    reaches its bar: with it, the k - 1 others that reach the same bar are k."""
    routes = len(evidence)
    heights = [0.0, *(routes / k / alpha for k in range(1, routes + 1))]
    ordered = sorted(evidence.values())
    reach = [0, *(routes - bisect_left(ordered, height) for height in heights[1:])]  # how many have E of that height
    most = max((k for k in range(1, routes + 1) if reach[k] >= k), default=0)
    one_short = [k for k in range(routes, most, -1) if reach[k] == k - 1]
    found = {}
    for route, e in evidence.items():
        together = next((k for k in one_short if e < heights[k]), most)
        found[route] = Bar(heights[together], routes, together)
    return found
