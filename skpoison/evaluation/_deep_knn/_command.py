"""The command line of the experiment."""

import sys
from dataclasses import replace
from functools import partial

import pandas as pd

from .._options import experiment_parser
from .._published import print_figure
from .._run_experiment import run_experiment
from ._crafting import ATTACKS
from ._figures import feature_space, figures
from ._measure import measure, train_networks
from ._parts import PARTS, PLANS
from ._report import print_tables
from ._spelling import network, robust_network, surrogate

DESCRIPTION = r"""
Clean-label poison: tables 1 and 2 and figures 2 to 4 of the Deep k-NN paper.

N. Peri et al., "Deep k-NN Defense Against Clean-label Data Poisoning Attacks", 2020. A
network is pre-trained on clean images and frozen; a victim goes on training its head on
a few new images of each class, among them poisons that are rightly labelled and make it
misread one target. A defense drops rows before. As in the paper poisons replace the
images that they were made from, and a defense succeeds where an attack that fools the
undefended victim fails. Targets that the victim of clean rows misreads are set aside.

The parts: every defense against every attack (tables), the number of neighbors (k),
fifty poisons a target (many), a class with few rows (imbalance), attackers who do not
know the network (transfer), networks trained on adversarial images (adversarial), and
the poisons of the authors (authors). Networks are kept in the folder, too, adversarial
ones after each epoch.
"""


def parse(argv):
    """The options."""
    parser = experiment_parser(DESCRIPTION)
    add = parser.add_argument
    add("--data", nargs="+", choices=PLANS, default=list(PLANS))
    add("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    add(
        "--nets",
        nargs="+",
        type=network,
        metavar="ARCHITECTURE-EPOCHS[/VIEWS]",
        help=f"the networks of victims; default: {_of_plans('nets')}",
    )
    add(
        "--robust",
        nargs="*",
        type=robust_network,
        metavar="ARCHITECTURE-EPOCHS",
        help="networks to train adversarially, by a single step after fast-; default: "
        + _of_plans("robust_nets"),
    )
    add(
        "--surrogates",
        nargs="+",
        type=surrogate,
        metavar="'NET seed SEED'",
        help="networks of attackers that lack the victim's; default: "
        + _of_plans("surrogates"),
    )
    add("--attacks", nargs="+", choices=ATTACKS, default=list(ATTACKS))
    add("--targets", type=int, default=10, help="targets, each with poisons of its own")
    add(
        "--iterations",
        type=int,
        help=f"steps of an attack; default: {_of_plans('iterations')}",
    )
    add(
        "--seeds",
        type=int,
        help=f"networks of each kind; default: {_of_plans('n_seeds')}",
    )
    return parser.parse_args(argv)


def _of_plans(field):
    """The defaults of an option, for its help."""

    def text(value):
        return " ".join(map(str, value)) if isinstance(value, tuple) else value

    defaults = {data: text(getattr(plan, field)) for data, plan in PLANS.items()}
    return "; ".join(f"{data}: {value or 'none'}" for data, value in defaults.items())


def plan_of(args, data):
    """The plan of a data set, with what the options say instead of the defaults."""
    plan = replace(PLANS[data], attacks=tuple(args.attacks), n_targets=args.targets)
    if args.nets:
        plan = replace(plan, nets=tuple(args.nets))
    if args.robust is not None:
        plan = replace(plan, robust_nets=tuple(args.robust))
    if args.surrogates:
        known = tuple(args.surrogates)
        plan = replace(plan, surrogates=known, robust_surrogates=known)
    if args.iterations:
        plan = replace(plan, iterations=args.iterations)
    if args.seeds:
        plan = replace(plan, n_seeds=args.seeds)
    return plan


def main(args):
    """Train what is missing, measure, print the tables, and draw the figures."""
    networks = args.out / "networks"
    frames = []
    for data in args.data:
        plan = plan_of(args, data)
        for name in (name for name in PARTS if name in args.parts):
            settings, defenses = PARTS[name].cells(plan)
            if not settings:
                continue
            print(f"{data}, {name}", file=sys.stderr)
            train_networks(settings, networks, args.jobs)
            frame = run_experiment(
                partial(measure, folder=networks),
                settings,
                defenses,
                args.out / "cells",
                n_jobs=args.jobs,
            )
            frames.append(frame.assign(part=name))
            if name == "k":
                display = feature_space(settings[-1], networks)
                path = args.out / f"deep_knn_space_{data}.png"
                print_figure(f"the space of features, {data}", display.figure_, path)
    frame = pd.concat(frames).reset_index(drop=True)
    print_tables(frame)
    for name, figure in figures(frame).items():
        print_figure(name, figure, args.out / f"deep_knn_{name}.png")
    return {"": frame}
