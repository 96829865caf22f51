"""How many mutants of the code the tests kill: `python -m tests.mutation base`.

The tests of the target run once, which shows what lines each of them reaches and how
long it takes. Then each mutant is installed in a process of its own, in which the tests
that reach it run until one fails: the fastest first, and no more than two seconds of
them. Twenty seconds are a failure too. The folder --out keeps the outcomes: a run that
was cut short goes on from there. Needs mutmut (`pip install mutmut`).
"""

import argparse
import gc
import importlib
import json
import os
import random
import resource
import signal
import traceback
from pathlib import Path
from time import process_time

import numpy as np
import pytest
from coverage import Coverage
from scipy.stats import binomtest

from ._mutants import live_functions, mutants_of
from ._targets import TARGETS

SECONDS = 2  # of tests for a mutant
BROKEN = 2  # the status of a process in which something else than a test failed


class Mutation:
    """A pytest plugin that runs the mutants where pytest would run the tests."""

    def __init__(self, paths, sample, seed, out):
        self.paths, self.survey_file = paths, out / "survey.json"
        self.mutants = [mutant for path in paths for mutant in mutants_of(path)]
        self.n_mutants = len(self.mutants)
        if sample and sample < self.n_mutants:
            self.mutants = random.Random(seed).sample(self.mutants, sample)
        self.file = out / "outcomes.jsonl"
        lines = self.file.read_text().splitlines() if self.file.exists() else []
        self.killed = dict(map(json.loads, lines))

    def pytest_sessionstart(self):
        import hypothesis  # which pytest must see first

        # No time for the smallest example that fails.
        phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
        hypothesis.settings.register_profile("brief", phases=phases, derandomize=True)
        hypothesis.settings.load_profile("brief")

    def pytest_runtestloop(self, session):
        tests = {item.nodeid: item for item in session.items}
        for path in self.paths:
            importlib.import_module(path.removesuffix(".py").replace("/", "."))
        if not self.survey_file.exists() and in_a_process(self.survey, tests):
            raise pytest.UsageError("a test fails without a mutant")
        reached, seconds = json.loads(self.survey_file.read_text())
        functions = live_functions(self.paths)
        gc.freeze()
        for mutant in self.mutants:
            if str(mutant) not in self.killed:
                names = {
                    name
                    for line in mutant.statement_lines()
                    for name in reached[mutant.path].get(str(line), ())
                }
                names = sorted(names & tests.keys(), key=seconds.__getitem__)
                times = np.cumsum([seconds[name] for name in names])
                chosen = [tests[name] for name in names[: 1 + np.sum(times < SECONDS)]]
                status = in_a_process(try_out, mutant, functions, chosen)
                killed = None if status == BROKEN else status != 0
                self.killed[str(mutant)] = killed
                with self.file.open("a") as file:
                    print(json.dumps([str(mutant), killed]), file=file)
        return True

    def survey(self, tests):
        """Write which tests reach each line, and the CPU seconds of each test."""
        coverage = Coverage(None, config_file=False, include=self.paths)
        coverage.start()
        seconds = {}
        for name, item in tests.items():
            coverage.switch_context(name)
            start = process_time()
            run([item])
            seconds[name] = process_time() - start
        coverage.stop()
        lines = coverage.get_data().contexts_by_lineno
        reached = {path: lines(str(Path(path).resolve())) for path in self.paths}
        self.survey_file.write_text(json.dumps([reached, seconds]))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item, call):
        if call.excinfo and not call.excinfo.errisinstance(pytest.skip.Exception):
            os.write(2, f"{item.nodeid}\n".encode())
            os._exit(1)

    def report(self):
        outcomes = {str(mutant): self.killed[str(mutant)] for mutant in self.mutants}
        for kind, what in ((None, "not installed"), (False, "survived")):
            for mutant, killed in outcomes.items():
                if killed is kind:
                    print(f"{what}: {mutant}")
        killed = [killed for killed in outcomes.values() if killed is not None]
        share = binomtest(sum(killed), len(killed))
        low, high = share.proportion_ci(method="wilson")
        print(
            f"{sum(killed)} of {len(killed)} mutants killed ({share.statistic:.1%}, "
            f"95 % interval {low:.1%} to {high:.1%}), of {self.n_mutants} in all"
        )


def in_a_process(function, *arguments):
    """Its exit status, or minus the signal that ended it."""
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        try:
            function(*arguments)
        except BaseException:
            traceback.print_exc()
            os._exit(BROKEN)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def try_out(mutant, functions, tests):
    resource.setrlimit(resource.RLIMIT_CPU, (10 * SECONDS, 10 * SECONDS))
    signal.alarm(60 * SECONDS)
    mutant.install(functions)
    run(tests)


def run(tests):
    for item, following in zip(tests, [*tests[1:], None]):
        item.ihook.pytest_runtest_protocol(item=item, nextitem=following)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--sample", type=int, help="how many mutants; default: all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("results/mutation"))
    given = parser.parse_args()
    paths, arguments = TARGETS[given.target]
    out = given.out / given.target
    out.mkdir(parents=True, exist_ok=True)
    mutation = Mutation(paths, given.sample, given.seed, out)
    options = ["-q", "-s", "-m=not slow", "-p", "no:cacheprovider"]
    if pytest.main([*arguments, *options], plugins=[mutation]) == 0:
        mutation.report()
