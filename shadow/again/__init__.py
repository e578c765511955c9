"""Judging again what was kept: by other rules (``rejudge``), or against another build (``replay``).

stored    what the store keeps of a message, as one that can be compared or sent
rejudge   stored pairs under changed rules
replay    stored requests sent to a new build, its answers held against the stored ones
"""
