"""Normalisers: one file each. ``NORMALISER`` of every module here is a ``shadow.compare.normaliser.Normaliser``; nothing else
registers it. The first sentence of its docstring is its entry in the reference."""
