"""The table of all paths on a device.

    tests/gpu/check.sh                            # finds a Python that can, 8 minutes
    python -m tests.gpu                           # the same with this Python
    python -m tests.gpu --device cpu --quick      # the paths alone, on a CPU

It ends with 1 where a path is farther from the CPU than its tolerance, and with 2 where
there is no such device.
"""

import argparse
import sys
import time

import numpy as np
import torch

from ._paths import PATHS, compare
from ._vote_times import vote_times


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python -m tests.gpu",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--quick", action="store_true", help="small, for any machine")
    args = parser.parse_args(argv)
    if torch.device(args.device).type == "cuda" and not torch.cuda.is_available():
        print(f"No CUDA GPU: {_why_not()}", file=sys.stderr)
        return 2
    start = time.monotonic()
    _print_machine(args.device)
    _warm_up(args.device)
    failed = [*_print_paths(args), *_print_votes(args)]
    print(f"\n{time.monotonic() - start:.0f} seconds in all")
    if failed:
        print(f"Not as on the CPU: {', '.join(failed)}.")
    return int(bool(failed))


def _why_not():
    if torch.version.cuda is None:
        return f"torch {torch.__version__} was built without CUDA. Install another."
    return (
        f"torch {torch.__version__}, built for CUDA {torch.version.cuda}, finds none. "
        "Does nvidia-smi list one, and is its driver new enough?"
    )


def _print_machine(device):
    name = "CPU"
    if torch.device(device).type == "cuda":
        name = torch.cuda.get_device_name(device)
    print(
        f"{name} against the CPU with {torch.get_num_threads()} threads; torch "
        f"{torch.__version__}, numpy {np.__version__}\n"
    )


def _warm_up(device):
    """Load the libraries of the device, so that no path pays for it."""
    images = torch.zeros(8, 4, 8, 8, device=device, requires_grad=True)
    layer = torch.nn.Conv2d(4, 4, 3).to(device)
    layer(images).flatten(1).square().sum().backward()
    (images.flatten(1) @ images.flatten(1).T).cpu()


def _print_paths(args):
    print(
        "| path | compared | CPU | device | off by | tolerance | s, CPU | s, device |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for path in PATHS:
        on_cpu, there, off, *times = compare(path, args.device, args.quick)
        figures = [_figure(on_cpu), _figure(there), f"{off:.2g}"]
        verdict = "" if off <= path.tolerance else " **NO**"
        _print_row(
            path.name,
            path.figure,
            *figures,
            f"{path.tolerance:g}{verdict}",
            *(f"{time:.2f}" for time in times),
        )
        if verdict:
            yield path.name


def _print_votes(args):
    print(
        "\nThe vote and its rivals, as multiples of the device's bare float32 product\n"
    )
    _print_row(
        "n, d, k",
        "product, s",
        "vote",
        "product and topk",
        "faiss",
        "vote, all cores of the CPU",
        "rows that differ",
    )
    _print_row(*["---"] * 7)
    for size, times, differ in vote_times(args.device, args.quick):
        shape = ", ".join(f"{number:,}" for number in size)
        bare, *others = times
        multiples = ["-" if t is None else f"{t / bare:.2f}" for t in others]
        told = "-" if differ is None else differ
        _print_row(shape, f"{bare:.4f}", *multiples, told)
        if differ:
            yield f"votes at {shape}"


def _print_row(*cells):
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


def _figure(value):
    return "array" if np.ndim(value) else f"{value:.3f}"


if __name__ == "__main__":
    sys.exit(main())
