"""Clean-label poisons of CIFAR-10 images, as their authors published them."""

from __future__ import annotations

from os import PathLike

from sklearn.utils import Bunch

from .._utils.parameters import validate_params
from ._cache import FETCH_OPTIONS, DataFile, load

_FILE = DataFile(
    "convex_polytope_cifar10.npz",
    "63be29b465a305da3f39d9a8d3c8854ade00bf00bfd702d6419267a1a3bd0bb9",
    "7a37b57683bbbb2e7759c5661a9b7251f969ec76543a8dc7465ab348139d21c3",
)
# The file counts the base images from here.
_FIRST_BASE = 48_000

DESCR = """\
Convex polytope poisons of CIFAR-10
-----------------------------------
25 sets of 5 poisoned ships, each set against one frog of the CIFAR-10 training set,
crafted by the convex polytope attack with a perturbation of at most .1 of the range of
a pixel and rounded to 8 bits; and on which of 8 victim networks each set succeeded
undefended.

Source: N. Peri et al., "Deep k-NN Defense Against Clean-label Data Poisoning Attacks",
2020: repository neeharperi/DeepKNNDefense on GitHub. No licence is stated.
"""


@validate_params(
    {"data_home": FETCH_OPTIONS["data_home"]}, prefer_skip_nested_validation=True
)
def fetch_cifar10_poisons(*, data_home: str | PathLike[str] | None = None) -> Bunch:
    """Load 25 convex polytope poison sets of the Deep k-NN paper [1]_.

    They are the output of an attack as its authors ran it, not made by this package.
    There is no public source that can be read without unpickling: the file must be in
    the folder.

    Parameters
    ----------
    data_home : path, default=None
        Folder of the file; None is the environment variable SKPOISON_DATA_HOME or,
        where that is not set, the folder "skpoison" in
        :func:`sklearn.datasets.get_data_home`.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        images
            ndarray of uint8 of shape (25, 5, 32, 32, 3), the poisons of each set.
        target
            ndarray of int of shape (25, 5), their label: 8, "ship".
        base_indices
            ndarray of int of shape (25, 5), the images they were made from: positions
            in the training set of CIFAR-10.
        target_indices
            ndarray of int of shape (25,), the image (a frog) that each set wants to be
            taken for a ship: positions in the training set of CIFAR-10.
        succeeded
            ndarray of bool of shape (25, 8): whether the set fooled the victim.
        victims
            ndarray of str of shape (8,), the architectures of the victims.
        set_numbers
            ndarray of int of shape (25,), numbers of the sets in the source.
        DESCR
            Description, with source and licence.

    Raises
    ------
    OSError
        When the file is missing; the message says where to put it.
    ValueError
        When the file is not what it should be.

    See Also
    --------
    fetch_cifar10 : The images they were made from.

    References
    ----------
    .. [1] N. Peri et al., "Deep k-NN Defense Against Clean-label Data Poisoning
       Attacks", 2020.

    Examples
    --------
    >>> from skpoison.datasets import fetch_cifar10_poisons
    >>> poisons = fetch_cifar10_poisons()  # doctest: +SKIP
    """
    (arrays,) = load(
        _FILE, data_home=data_home, download=None, download_if_missing=False
    )
    return Bunch(
        images=arrays["X"],
        target=arrays["y"].astype(int),
        base_indices=arrays["base_position"] + _FIRST_BASE,
        target_indices=arrays["target_index"],
        succeeded=arrays["succeeded"],
        victims=arrays["architectures"],
        set_numbers=arrays["set"],
        DESCR=DESCR,
    )
