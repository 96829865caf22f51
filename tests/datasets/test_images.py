import numpy as np
import pytest

from skpoison.datasets import (
    _cache,
    _cifar10,
    _mnist,
    fetch_cifar10,
    fetch_cifar10_poisons,
    fetch_mnist,
)

from .._real_data import real


@pytest.fixture(scope="module")
def cifar10():
    return real(fetch_cifar10)


@pytest.fixture(scope="module")
def cifar10_test():
    return real(fetch_cifar10, split="test")


@pytest.mark.data
def test_cifar10(cifar10, cifar10_test):
    for bunch, n_images in ((cifar10, 50_000), (cifar10_test, 10_000)):
        assert bunch.images.shape == (n_images, 32, 32, 3)
        assert bunch.images.dtype == np.uint8
        assert np.shares_memory(bunch.images, bunch.data)
        assert np.all(np.bincount(bunch.target) == n_images // 10)
        assert np.array_equal(bunch.positions, np.arange(n_images))
    # The first training image is a frog, the first test image a cat.
    assert cifar10.target_names[cifar10.target[0]] == "frog"
    assert cifar10_test.target_names[cifar10_test.target[0]] == "cat"


@pytest.mark.data
@pytest.mark.parametrize(("split", "n_images"), [("train", 500), ("test", 100)])
def test_small_cifar10(cifar10, cifar10_test, split, n_images):
    whole = cifar10 if split == "train" else cifar10_test
    small = real(fetch_cifar10, split=split, subset="small")
    assert np.all(np.bincount(small.target) == n_images)
    assert np.all(np.diff(small.positions) > 0)
    assert np.array_equal(small.images, whole.images[small.positions])
    for label in range(10):
        of_label = small.positions[small.target == label]
        assert np.array_equal(
            of_label, np.flatnonzero(whole.target == label)[:n_images]
        )


@pytest.mark.data
def test_cifar10_from_openml(cifar10, cifar10_test, monkeypatch):
    images = np.concatenate([cifar10.images, cifar10_test.images])
    planes = images.transpose(0, 3, 1, 2).reshape(60_000, 3072)
    labels = np.concatenate([cifar10.target, cifar10_test.target]).astype(str)
    monkeypatch.setattr(
        _cifar10, "fetch_openml", lambda **options: (planes, labels.astype(object))
    )
    contents = _cifar10._download()
    for file in (*_cifar10._TRAIN, *_cifar10._TEST):
        assert _cache.contents_hash(contents[file.name]) == file.contents_sha256


@pytest.mark.data
def test_mnist():
    train, test = real(fetch_mnist), real(fetch_mnist, split="test")
    assert train.data.shape == (60_000, 784)
    assert test.images.shape == (10_000, 28, 28)
    assert np.bincount(train.target).tolist() == [
        5923,
        6742,
        5958,
        6131,
        5842,
        5421,
        5918,
        6265,
        5851,
        5949,
    ]
    assert np.bincount(test.target).tolist() == [
        980,
        1135,
        1032,
        1010,
        982,
        892,
        958,
        1028,
        974,
        1009,
    ]
    X, y = real(fetch_mnist, split="test", return_X_y=True)
    assert np.array_equal(X, test.data)
    assert np.array_equal(y, test.target)


@pytest.mark.data
def test_mnist_from_openml(monkeypatch):
    train, test = real(fetch_mnist), real(fetch_mnist, split="test")
    X = np.concatenate([train.data, test.data])
    y = np.concatenate([train.target, test.target]).astype(str).astype(object)
    monkeypatch.setattr(_mnist, "fetch_openml", lambda **options: (X, y))
    contents = _mnist._download()[_mnist._FILE.name]
    assert _cache.contents_hash(contents) == _mnist._FILE.contents_sha256


@pytest.mark.data
def test_poisons_are_perturbed_ships_against_frogs(cifar10):
    poisons = real(fetch_cifar10_poisons)
    assert poisons.images.shape == (25, 5, 32, 32, 3)
    assert np.all(poisons.target == 8)
    assert np.all(cifar10.target[poisons.base_indices] == 8)
    assert np.all(cifar10.target[poisons.target_indices] == 6)
    bases = cifar10.images[poisons.base_indices].astype(int)
    # A tenth of 255, rounded to 8 bits.
    assert np.abs(poisons.images - bases).max() == 26
    assert poisons.succeeded.shape == (25, len(poisons.victims))
    assert poisons.succeeded.any(axis=0).all()


def test_poisons_have_no_download(tmp_path):
    with pytest.raises(OSError, match=r"Put convex_polytope_cifar10\.npz into"):
        fetch_cifar10_poisons(data_home=tmp_path)


@pytest.mark.parametrize("options", [{"split": "validation"}, {"subset": "tiny"}])
def test_unknown_parts(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        fetch_cifar10(**options)
