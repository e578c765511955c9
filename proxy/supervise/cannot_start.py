"""Why an instance cannot start: one line that says what is wrong and what to do."""


class CannotStart(Exception):
    """The message goes to the user as it is; the exit code is 1."""
