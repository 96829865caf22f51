"""Ctrl-C, which skorch takes for the end of a training."""

import signal
import threading
from contextlib import contextmanager

__all__ = ["interrupts_raised"]


@contextmanager
def interrupts_raised():
    """Raise KeyboardInterrupt on leaving when Ctrl-C was pressed inside.

    skorch ends a training quietly then, as it does where a callback raises the same to
    stop early: half a training would pass for a whole one.
    """
    if threading.current_thread() is not threading.main_thread():
        # No other thread is interrupted.
        yield
        return
    before, pressed = signal.getsignal(signal.SIGINT), []
    if not callable(before):
        yield
        return

    def note(number, frame):
        pressed.append(number)
        before(number, frame)

    signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        raise KeyboardInterrupt
