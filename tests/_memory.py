"""Memory of this process alone: without the pages of mapped files, which are cache."""

import threading
import time
from pathlib import Path


def private_bytes():
    """What this process holds for itself (Linux)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("The kernel does not tell RssAnon.")


class GrowthOfMemory:
    """The most that the memory grew by within a `with` block, in bytes.

    Parameters
    ----------
    before : int, default=None
        What to count from; by default, what is held when the block begins.
    """

    def __init__(self, before=None):
        self.before = before

    def __enter__(self):
        self.before = private_bytes() if self.before is None else self.before
        self.growth = 0
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()
        return self

    def __exit__(self, *exception):
        self._ended.set()
        self._watcher.join()

    def _watch(self):
        while not self._ended.is_set():
            self.growth = max(self.growth, private_bytes() - self.before)
            time.sleep(0.001)
