"""Weights in files that run no code."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from sklearn.exceptions import NotFittedError

from skpoison.defenses import AdversarialTrainingClassifier
from skpoison.embedding import NetEmbedding

from ..embedding._nets import classifier, regressor

RNG = np.random.default_rng(0)
X = RNG.uniform(size=(60, 4)).astype(np.float32)
Y = np.arange(60) % 3
LABELS = {
    "numbers": Y,
    "texts": np.array(["cat", "dog", "eel"])[Y],
    "objects": np.array(["cat", "dog", "eel"], dtype=object)[Y],
    "flags": Y == 1,
}


def embedding(**params):
    return NetEmbedding(classifier(), random_state=0, **params)


def robust():
    return AdversarialTrainingClassifier(classifier(), n_steps=1, random_state=0)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "weights.pt"


@pytest.mark.parametrize("labels", LABELS)
def test_an_embedding_is_what_it_was(labels, path):
    fitted = embedding().fit(X, LABELS[labels])
    assert fitted.save_weights(path) is None
    again = embedding().load_weights(path)
    assert_array_equal(again.transform(X), fitted.transform(X))
    assert_array_equal(again.classes_, fitted.classes_)
    assert again.classes_.dtype == fitted.classes_.dtype
    assert_array_equal(again.get_feature_names_out(), fitted.get_feature_names_out())
    fitted_ones = {name for name in vars(fitted) if name.endswith("_")}
    assert {name for name in vars(again) if name.endswith("_")} == fitted_ones


def test_an_adversarially_trained_classifier_is_what_it_was(path):
    fitted = robust().fit(X, LABELS["texts"])
    fitted.save_weights(path)
    again = robust().load_weights(path)
    assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))
    assert_array_equal(
        again.perturb(X, LABELS["texts"]), fitted.perturb(X, LABELS["texts"])
    )


def test_what_an_earlier_fit_left_is_forgotten(path):
    NetEmbedding(regressor(), random_state=0).fit(X, X[:, 0]).save_weights(path)
    again = NetEmbedding(regressor(), random_state=0)
    again.classes_ = Y
    again.load_weights(path)
    assert not hasattr(again, "classes_")


def test_a_frozen_module_takes_other_weights_and_stays_as_it_was(path):
    fitted = embedding().fit(X, Y)
    module = fitted.module_
    NetEmbedding(module, frozen=True).fit(X).save_weights(path)
    other = embedding().set_params(random_state=1).fit(X, Y).module_
    before = [w.clone() for w in other.parameters()]
    again = NetEmbedding(other, frozen=True).load_weights(path)
    assert_array_equal(again.transform(X), fitted.transform(X))
    assert all(map(torch.equal, other.parameters(), before))


def test_reading_draws_no_numbers_from_the_global_generator(path):
    embedding().fit(X, Y).save_weights(path)
    before = torch.get_rng_state()
    embedding().load_weights(path)
    assert torch.equal(torch.get_rng_state(), before)


def test_what_is_not_fitted_is_not_written(path):
    with pytest.raises(NotFittedError):
        embedding().save_weights(path)
    assert not path.exists()


def test_labels_of_other_kinds_are_refused(path):
    days = np.datetime64("2024-01-01") + Y
    fitted = embedding().fit(X, Y)
    fitted.classes_ = np.unique(days)
    with pytest.raises(ValueError, match="numbers and texts alone, .*2024"):
        fitted.save_weights(path)
    assert not path.exists()


def test_weights_of_another_network_are_refused_and_change_nothing(path):
    embedding().fit(X, Y).save_weights(path)
    wider = NetEmbedding(classifier(hidden=(9, 5)), random_state=0)
    with pytest.raises(ValueError, match="those of another network .* NetEmbedding"):
        wider.load_weights(path)
    assert not hasattr(wider, "net_")


def test_weights_of_another_estimator_are_refused(path):
    robust().fit(X, Y).save_weights(path)
    with pytest.raises(ValueError, match="not hold the weights of a NetEmbedding"):
        embedding().load_weights(path)


class Exploit:
    def __reduce__(self):
        return pytest.fail, ("a pickle was loaded",)


@pytest.mark.parametrize("harm", ["code", "half", "text", "tensor"])
def test_a_file_of_another_kind_is_refused(harm, path):
    embedding().fit(X, Y).save_weights(path)
    whole = path.read_bytes()
    if harm == "code":
        torch.save({"estimator": "NetEmbedding", "weights": Exploit()}, path)
    elif harm == "half":
        path.write_bytes(whole[: len(whole) // 2])
    elif harm == "text":
        path.write_text("weights")
    else:
        torch.save(torch.zeros(3), path)
    with pytest.raises(ValueError, match="weights.pt (is no file|does not hold)"):
        embedding().load_weights(path)


def test_a_file_that_is_not_there_is_named(path):
    with pytest.raises(FileNotFoundError, match=r"weights\.pt"):
        embedding().load_weights(path)


def test_parameters_are_checked_first(path):
    embedding().fit(X, Y).save_weights(path)
    with pytest.raises(ValueError, match="'batch_size' parameter"):
        embedding(batch_size=0).load_weights(path)
