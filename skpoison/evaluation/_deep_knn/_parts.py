"""The parts of the experiment: which defenses are measured in which settings."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from ._crafting import ATTACKS, AUTHORS
from ._defenses import (
    AS_IT_IS,
    NOTHING,
    ORACLE,
    OTHERS,
    REPLICATED,
    SWEEP,
    TABLE,
    CalibratedDeepKNN,
    DeepKNN,
    Defense,
)
from ._images import TUNING_ROWS
from ._settings import (
    PLAIN,
    ROBUST,
    UNKNOWN,
    VICTIM,
    Network,
    Setting,
    Surrogates,
)

N_MANY = 50
MANY_K = (50, 75, 100, 110, 125, 150, 200, 400, 800)


@dataclass(frozen=True)
class Plan:
    """What is measured on a data set.

    Attributes
    ----------
    data : {"digits", "mnist", "cifar10"}
    nets : tuple of Network
        Of the victims.
    surrogates : tuple of Network
        What an attacker has who does not know the victim's network.
    robust_nets : tuple of Network
        Of victims, adversarially trained.
    pairs : tuple of (int, int)
        The class of the target, and the class that it shall be taken for.
    iterations : int
        Steps of an attack.
    seen_rows : int
        Victims of fifty poisons fine-tune on so many rows of each class that their
        network was trained on.
    first_seed, n_seeds : int
        Networks of each kind; the settings of the attacks were chosen on lower seeds.
    robust_surrogates : tuple of Network
        What an attacker has who does not know of the adversarial training; empty: the
        same network without it.
    attacks : tuple of str
    n_targets : int
    ratios : tuple of float
        Shares of the rows that a rare class has.
    """

    data: str
    nets: tuple[Network, ...]
    surrogates: tuple[Network, ...]
    robust_nets: tuple[Network, ...]
    pairs: tuple[tuple[int, int], ...]
    iterations: int
    seen_rows: int
    first_seed: int
    n_seeds: int
    robust_surrogates: tuple[Network, ...] = ()
    attacks: tuple[str, ...] = tuple(ATTACKS)
    n_targets: int = 10
    ratios: tuple[float, ...] = (0.1, 0.3, 0.5, 0.7, 0.9)

    @property
    def base(self):
        """The setting that those of the parts differ from."""
        target, poison = self.pairs[0]
        return Setting(
            data=self.data,
            net=self.nets[0],
            seed=self.first_seed,
            attack="convex polytope",
            surrogates=VICTIM,
            iterations=self.iterations,
            target=target,
            poison=poison,
            n_targets=self.n_targets,
            n_poisons=5,
            tuning="new",
            rows=TUNING_ROWS[self.data],
            ratio=1.0,
        )

    @property
    def seeds(self):
        """Of the networks, and of the draws of the digits."""
        return range(self.first_seed, self.first_seed + self.n_seeds)

    @property
    def plain_nets(self):
        """Networks without views, which make each step of an attack as many steps."""
        return [net for net in self.nets if not net.views]

    @property
    def polytopes(self):
        """The attacks that converge in few steps."""
        return [attack for attack in self.attacks if attack != "feature collision"]


PLANS = {
    "digits": Plan(
        data="digits",
        nets=(Network("mlp", 30), Network("cnn", 30)),
        surrogates=(
            *(Network("mlp", 30, seed=seed) for seed in range(101, 105)),
            Network("cnn", 30, seed=101),
        ),
        robust_nets=(Network("mlp", 30, training=ROBUST),),
        pairs=((3, 8), (7, 2), (4, 9)),
        iterations=300,
        seen_rows=90,
        first_seed=10,
        n_seeds=10,
    ),
    "mnist": Plan(
        data="mnist",
        nets=(Network("mlp", 5), Network("cnn", 3)),
        surrogates=(
            *(Network("mlp", 5, seed=seed) for seed in range(101, 105)),
            Network("cnn", 3, seed=101),
        ),
        robust_nets=(Network("mlp", 5, training=ROBUST),),
        pairs=((3, 8), (7, 2), (4, 9)),
        iterations=150,
        seen_rows=400,
        first_seed=0,
        n_seeds=1,
    ),
    "cifar10": Plan(
        data="cifar10",
        nets=(Network("resnet8", 8),),
        surrogates=tuple(
            Network("dropout-resnet8", 6, seed=seed) for seed in (101, 102)
        ),
        # Adversarial training takes hours.
        robust_nets=(),
        pairs=((6, 8),),
        iterations=150,
        seen_rows=400,
        first_seed=0,
        n_seeds=1,
    ),
}


def every_number_of_neighbors(plan):
    """The settings and defenses of the sweep of k."""
    settings = [
        replace(plan.base, net=net, attack=attack, seed=seed)
        for net in plan.nets
        for attack in plan.polytopes
        for seed in plan.seeds
    ]
    # What the tables need of these sets too, so that they are made once.
    return settings, list(dict.fromkeys([*TABLE, *SWEEP]))


def every_defense(plan):
    """The settings and defenses of the tables: every defense against every attack."""
    settings = [
        replace(plan.base, net=net, attack=attack, seed=seed, target=a, poison=b)
        for net in plan.nets
        for attack in (plan.polytopes if net.views else plan.attacks)
        for a, b in plan.pairs
        for seed in plan.seeds
    ]
    return settings, TABLE


def many_poisons(plan):
    """The settings and defenses of fifty poisons a target."""
    settings = [
        replace(
            plan.base,
            net=net,
            seed=seed,
            attack="feature collision",
            n_poisons=N_MANY,
            n_targets=min(plan.n_targets, 5),
            tuning="seen",
            rows=plan.seen_rows,
        )
        for net in plan.plain_nets
        for seed in plan.seeds
    ]
    votes = [DeepKNN(k) for k in MANY_K if k <= 2 * plan.seen_rows]
    return settings, [NOTHING, ORACLE, *votes, *OTHERS]


def rare_class(plan):
    """The settings and defenses of a target's class with few rows."""
    settings = [
        replace(plan.base, net=net, seed=seed, ratio=ratio)
        for net in plan.plain_nets[:2]
        for ratio in plan.ratios
        for seed in plan.seeds
    ]
    return settings, [NOTHING, AS_IT_IS, REPLICATED]


def unknown_networks(plan):
    """The settings and defenses of attackers who do not know the victim's network."""
    settings = [
        # The attack that transfers best: at least to networks of another seed.
        replace(
            plan.base, net=net, seed=seed, attack=attack, surrogates=Surrogates(known)
        )
        for net in plan.nets
        for seed in plan.seeds
        for known in surrogate_sets(net.seeded(seed), plan.surrogates)
        for attack in plan.polytopes[-1:]
    ]
    return settings, TABLE


def surrogate_sets(victim, known):
    """Sets of networks that an attacker may have instead of the victim's."""
    others = tuple(n for n in known if replace(n, views=victim.views) != victim)
    kind = victim.architecture, victim.training
    strangers = tuple(n for n in others if (n.architecture, n.training) != kind)
    if victim.views:
        yield (replace(victim, views=None),)
    yield from filter(None, dict.fromkeys((others, strangers)))


def adversarial_training(plan):
    """The settings and defenses of adversarially trained victims."""
    settings = [
        replace(
            plan.base,
            net=net,
            attack=attack,
            seed=seed,
            target=a,
            poison=b,
            surrogates=known,
        )
        for net in plan.robust_nets
        for attack in plan.attacks
        for a, b in plan.pairs
        for seed in plan.seeds
        # As in the paper, and an attacker who knows the defense.
        for known in (
            Surrogates(
                plan.robust_surrogates or (replace(net, training=PLAIN).seeded(seed),)
            ),
            VICTIM,
        )
    ]
    return settings, [NOTHING, ORACLE, DeepKNN(normalized_k=1.0)]


def poisons_of_the_authors(plan):
    """The settings and defenses of the poisons that were published."""
    if plan.data != "cifar10":
        return [], []
    settings = [
        replace(
            plan.base,
            net=net,
            attack=AUTHORS,
            surrogates=UNKNOWN,
            n_targets=25,
            iterations=0,
        )
        for net in plan.nets
    ]
    votes = [DeepKNN(normalized_k=k) for k in (0.2, 0.5, 2.0)]
    return settings, [*TABLE, *votes, CalibratedDeepKNN()]


@dataclass(frozen=True)
class Part:
    """A part of the experiment, and what the tables call it."""

    title: str
    cells: Callable[[Plan], tuple[list[Setting], list[Defense]]]


# In the order in which they are measured.
PARTS = {
    "k": Part("the number of neighbors", every_number_of_neighbors),
    "tables": Part("every defense", every_defense),
    "many": Part("fifty poisons a target", many_poisons),
    "imbalance": Part("few rows of the target's class", rare_class),
    "transfer": Part("attackers without the victim's network", unknown_networks),
    "adversarial": Part("adversarially trained networks", adversarial_training),
    "authors": Part("the poisons of the authors", poisons_of_the_authors),
}
