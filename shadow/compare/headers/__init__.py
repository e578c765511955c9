"""Senses of headers: one file each. ``SENSE`` of every module here is a ``shadow.compare.header.HeaderSense``; nothing else
registers it. A header that no file speaks about is compared line by line, in any order of lines."""
