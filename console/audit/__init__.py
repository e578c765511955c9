"""The audit log: who changed what, who looked at recorded bodies, when, and what came of it. No user's request depends on it.

line     one entry of the log: numbered, bounded, with the hash of the line before it
act      what somebody does: a line before it (intended), and one after it that says what came of it
chain    all lines, over all files: each holds the hash of the one before, so that none can be changed, put in or taken out unseen
trail    the files: the one that is written, and those that were full

A change begins with its line on the disk, or it does not begin.
"""
