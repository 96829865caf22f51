"""What a poisoned training set of the experiment depends on."""

from dataclasses import dataclass, replace

PLAIN, ROBUST, ROBUST_FAST = "plain", "robust", "robust-fast"


@dataclass(frozen=True)
class Network:
    """A network, as it is trained and asked for features.

    Attributes
    ----------
    architecture : str
        One of ARCHITECTURES.
    epochs : int
    views : str or None
        Of :class:`~skpoison.embedding.NetEmbedding`: features are averaged over views
        of each image.
    training : {"plain", "robust", "robust-fast"}
        "robust" networks are trained on adversarial images, "robust-fast" ones on those
        of a single step.
    seed : int or None
        None: that of the setting.
    """

    architecture: str
    epochs: int
    views: str | None = None
    training: str = PLAIN
    seed: int | None = None

    def __str__(self):
        training = "" if self.training == PLAIN else f"{self.training}-"
        views = f"/{self.views}" if self.views else ""
        seed = "" if self.seed is None else f" seed {self.seed}"
        return f"{training}{self.architecture}-{self.epochs}{views}{seed}"

    def seeded(self, seed):
        """The same with a seed, unless it has one."""
        return self if self.seed is not None else replace(self, seed=seed)


@dataclass(frozen=True)
class Surrogates:
    """The networks that an attacker has.

    Attributes
    ----------
    networks : tuple of Network
        Empty where a name says which.
    name : str
        What a table shows in place of the networks.
    """

    networks: tuple[Network, ...] = ()
    name: str = ""

    def __str__(self):
        return self.name or " + ".join(map(str, self.networks))


VICTIM = Surrogates(name="the victim's network")
UNKNOWN = Surrogates(name="networks of the authors")


@dataclass(frozen=True)
class Setting:
    """Poisoned training sets of one victim, each for a target of its own.

    Attributes
    ----------
    data : {"digits", "mnist", "cifar10"}
    net : Network
        The victim's.
    seed : int
        Of the network and, for the digits, of the draw of the rows.
    attack : str
        One of ATTACKS, or AUTHORS.
    surrogates : Surrogates
    iterations : int
        Steps of the attack.
    target, poison : int
        The class of the targets, and the class that they shall be taken for.
    n_targets, n_poisons : int
        Targets, and poisons for each.
    tuning : {"new", "seen"}
        Whether the victim fine-tunes on rows that its network was not trained on, where
        the poisons replace their bases, or on rows that it was, which are added to.
    rows : int
        Rows of each class to fine-tune on.
    ratio : float
        Share of them that the class of the targets has.
    """

    data: str
    net: Network
    seed: int
    attack: str
    surrogates: Surrogates
    iterations: int
    target: int
    poison: int
    n_targets: int
    n_poisons: int
    tuning: str
    rows: int
    ratio: float

    @property
    def victim(self):
        """The network of the victim, and the draw of the rows it is trained on."""
        return self.net.seeded(self.seed), self.data, self.draw

    @property
    def known(self):
        """The same of the networks that the attacker has."""
        networks = self.surrogates.networks or [self.net.seeded(self.seed)]
        return [(network, self.data, self.draw) for network in networks]

    @property
    def draw(self):
        """Every seed of the digits is another draw of the rows, too."""
        return self.seed if self.data == "digits" else 0
