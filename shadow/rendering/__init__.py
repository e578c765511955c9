"""Differences as a document for people, in deepdiff's words: told in a process of its own, which may be slow or die."""
