"""Every metric has a name of its own."""

from __future__ import annotations

import inspect
import re

from proxy.model import metrics


def test_no_two_metrics_have_one_name() -> None:
    """The second would silently replace the first, and what is counted for one of them be lost."""
    declared = re.findall(r'Metric\(\s*"(\w+)"', inspect.getsource(metrics))
    assert len(declared) == len(set(declared)) == len(metrics.METRICS)
