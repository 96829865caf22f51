"""A vote that is interrupted leaves nothing behind."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

CHILD = """
    import os, signal, sys, threading, time

    import numpy as np
    from joblib import parallel_config
    from sklearn import config_context

    from skpoison.neighbors import neighbor_votes
    from skpoison._utils.interruption import Interruption

    calls = []

    def check(self, check=Interruption.check):
        calls.append(self)
        if len(calls) == 20:
            os.kill(os.getpid(), signal.SIGINT)
        check(self)

    if __name__ == "__main__":
        X, y = np.load(sys.argv[1], mmap_mode="r"), np.arange(50_000) % 3
        if sys.argv[3] == "memory":
            X = np.array(X)
        if sys.argv[2] == "threading":
            Interruption.check = check
        else:
            threading.Timer(5, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            with config_context(working_memory=6), parallel_config(sys.argv[2]):
                neighbor_votes(X, y, 50, n_jobs=2)
        except KeyboardInterrupt:
            print("interrupted", os.getpid())
        n_calls = len(calls)
        end = time.monotonic() + 60
        while sys.argv[2] == "threading" and threading.active_count() > 1:
            assert time.monotonic() < end, threading.enumerate()
            time.sleep(0.01)
        # Both threads ended at their next look.
        assert len(calls) <= n_calls + 2
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /dev/shm")
@pytest.mark.parametrize(
    ("backend", "where"),
    [("threading", "file"), ("threading", "memory"), ("loky", "file")],
)
def test_no_threads_shared_memory_or_files_are_left(tmp_path, backend, where):
    X = np.random.default_rng(0).standard_normal((50_000, 32), dtype=np.float32)
    np.save(tmp_path / "rows.npy", X)
    script, scratch = tmp_path / "child.py", tmp_path / "scratch"
    script.write_text(textwrap.dedent(CHILD))
    scratch.mkdir()
    ended = subprocess.run(
        [sys.executable, script, tmp_path / "rows.npy", backend, where],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "TMPDIR": str(scratch)},
    )
    assert ended.returncode == 0, ended.stderr
    word, pid = ended.stdout.split()
    assert word == "interrupted"
    assert list(scratch.iterdir()) == []
    assert [file for file in Path("/dev/shm").iterdir() if pid in file.name] == []
