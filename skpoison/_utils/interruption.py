"""An end to the threads of a call that was interrupted."""

from threading import Event

__all__ = ["Interruption"]


class Interruption:
    """Whether the call that started the tasks has ended before them.

    Threads cannot be stopped from outside. Other processes are: what they are sent
    never interrupts.
    """

    def __init__(self):
        self._event = Event()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._event.set()

    def check(self):
        """Raise an error in a task that nobody waits for."""
        if self._event.is_set():
            raise InterruptedError("The call has ended.")

    def __reduce__(self):
        return Interruption, ()
