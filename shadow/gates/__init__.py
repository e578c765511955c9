"""Gates of readiness: one file each. ``GATE`` of every module here is a function ``(Figures) -> Finding | None``; nothing else
registers it. A gate that has nothing to say returns None; the first line of its docstring is its entry in the reference."""
