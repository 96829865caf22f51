"""What ends a command with exit code 2."""


class UnusableInput(Exception):
    """Input that nothing can be done with; the message is one sentence for the user."""
