"""Changes of routes.yaml: at their places in the text, so that every other byte of it stays as somebody wrote it."""
