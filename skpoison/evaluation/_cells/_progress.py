"""How far a long run has come, on stderr."""

import sys
import time


def with_progress(batches, n_tasks):
    """Pass on what each training set gives, and show how many are left."""
    start = time.monotonic()
    for n_done, batch in enumerate(batches, 1):
        yield batch
        elapsed = time.monotonic() - start
        left = elapsed * (n_tasks - n_done) / n_done
        print(
            f"\r{n_done} / {n_tasks} training sets, {elapsed:.0f} s, "
            f"some {left:.0f} s left ",
            end="\n" if n_done == n_tasks else "",
            file=sys.stderr,
            flush=True,
        )
