"""Long work, begun at a terminal or in the console: what it is, how far it is, what came of it."""
