"""Defenses and attacks beside those of other libraries, on the same work.

Both take turns within one process with one thread; the table holds the median CPU
seconds of each and the smallest and the median of the ratios, peer over skpoison: above
1 skpoison is faster. Data: 20 features and two Gaussian classes that overlap, as of
bench_growth. The neighbour search against faiss and scikit-learn is in bench_neighbors,
feature collision against ART in bench_clean_label. The peers are in the extra `bench`.

    python -m tests.benchmarks.bench_peers
    python -m tests.benchmarks.bench_peers --rows 1000 --only cleanlab ART
"""

import argparse
import contextlib
import io
import logging
from importlib.metadata import version
from statistics import median

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from skorch import NeuralNetClassifier
from threadpoolctl import threadpool_limits

from skpoison.attacks import BullseyePolytopeAttack
from skpoison.defenses import (
    AdversarialTrainingClassifier,
    DeepKNNFilter,
    LabelSanitizationFilter,
    LossFilter,
    SpectralSignatureFilter,
)

from .bench_growth import N_FEATURES, classification, unit_classification
from .bench_neighbors import cpu_model, cpu_seconds

ROWS = (1000, 10_000)
WIDTH = 64
EPS, STEP_SIZE, N_STEPS, N_EPOCHS, BATCH_SIZE = 0.1, 0.025, 20, 2, 128
N_CRAFTING_STEPS = 300


def layers():
    """A network that both sides start from: features, and a head."""
    torch.manual_seed(0)
    extractor = torch.nn.Sequential(
        torch.nn.Linear(N_FEATURES, 128),
        torch.nn.ReLU(),
        torch.nn.Linear(128, WIDTH),
        torch.nn.ReLU(),
    )
    return extractor, torch.nn.Linear(WIDTH, 2)


def of_art(extractor, head):
    from art.estimators.classification import PyTorchClassifier

    net = torch.nn.Sequential(extractor, head)
    return PyTorchClassifier(
        net,
        loss=torch.nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(net.parameters(), lr=1e-3),
        input_shape=(N_FEATURES,),
        nb_classes=2,
        clip_values=(0, 1),
        device_type="cpu",
    )


def out_of_fold_losses(data):
    def peer():
        from cleanlab.filter import find_label_issues

        chances = cross_val_predict(
            LogisticRegression(), data.X, data.y, cv=5, method="predict_proba"
        )
        find_label_issues(data.y, chances, n_jobs=1)

    ours = LossFilter(LogisticRegression(), cv=5, random_state=0)
    return lambda: ours.fit(data.X, data.y), peer


def edited_neighbors(data, n_neighbors=10):
    def peer():
        from imblearn.under_sampling import EditedNearestNeighbours

        EditedNearestNeighbours(
            sampling_strategy="all", n_neighbors=n_neighbors, kind_sel="mode", n_jobs=1
        ).fit_resample(data.X, data.y)

    ours = LabelSanitizationFilter(n_neighbors)
    return lambda: ours.fit(data.X, data.y), peer


def nearest_fifty(data, k=50):
    def peer():
        from pyod.models.knn import KNN

        KNN(n_neighbors=k, n_jobs=1).fit(data.X)

    return lambda: DeepKNNFilter(k).fit(data.X, data.y), peer


def spectral_signatures(data):
    extractor, head = layers()
    X = data.X.astype(np.float32)

    def ours():
        with torch.no_grad():
            features = extractor(torch.from_numpy(X)).numpy()
        SpectralSignatureFilter().fit(features, data.y)

    def peer():
        from art.defences.detector.poison import SpectralSignatureDefense

        defense = SpectralSignatureDefense(
            of_art(extractor, head), X, data.y, expected_pp_poison=0.1, batch_size=4096
        )
        defense.detect_poison()

    return ours, peer


def adversarial_training(data):
    def ours():
        net = NeuralNetClassifier(
            torch.nn.Sequential(*layers()),
            criterion=torch.nn.CrossEntropyLoss,
            optimizer=torch.optim.Adam,
            lr=1e-3,
            batch_size=BATCH_SIZE,
            max_epochs=N_EPOCHS,
            train_split=None,
            verbose=0,
        )
        AdversarialTrainingClassifier(
            net,
            eps=EPS,
            step_size=STEP_SIZE,
            n_steps=N_STEPS,
            device="cpu",
            precision="float32",
            random_state=0,
        ).fit(data.X, data.y)

    def peer():
        from art.defences.trainer import AdversarialTrainerMadryPGD

        trainer = AdversarialTrainerMadryPGD(
            of_art(*layers()),
            nb_epochs=N_EPOCHS,
            batch_size=BATCH_SIZE,
            eps=EPS,
            eps_step=STEP_SIZE,
            max_iter=N_STEPS,
        )
        trainer.fit(data.X, np.eye(2, dtype=np.float32)[data.y])

    return ours, peer


def bullseye(data):
    extractor, head = layers()
    target, bases = data.X[data.y == 0][:1], data.X[data.y == 1][:5]
    attack = BullseyePolytopeAttack(
        extractor,
        poison_class=1,
        n_poisons=5,
        eps=EPS,
        max_iter=N_CRAFTING_STEPS,
        device="cpu",
    )

    def peer():
        from art.attacks.poisoning import BullseyePolytopeAttackPyTorch

        peer_attack = BullseyePolytopeAttackPyTorch(
            of_art(extractor, head),
            target,
            feature_layer=[0],
            max_iter=N_CRAFTING_STEPS,
            epsilon=EPS,
            verbose=False,
        )
        peer_attack.poison(bases, np.eye(2, dtype=np.float32)[[1] * 5])

    return lambda: attack.craft(data.X, data.y, target), peer


# The peer's distribution, what both do, and what makes the data.
WORK = {
    "out-of-fold losses: LossFilter, find_label_issues": (
        "cleanlab",
        out_of_fold_losses,
        classification,
    ),
    "vote of 10: LabelSanitizationFilter, EditedNearestNeighbours": (
        "imbalanced-learn",
        edited_neighbors,
        classification,
    ),
    "nearest 50: DeepKNNFilter, KNN": ("pyod", nearest_fifty, classification),
    "SpectralSignatureFilter, SpectralSignatureDefense": (
        "adversarial-robustness-toolbox",
        spectral_signatures,
        unit_classification,
    ),
    "AdversarialTrainingClassifier, AdversarialTrainerMadryPGD": (
        "adversarial-robustness-toolbox",
        adversarial_training,
        unit_classification,
    ),
    "BullseyePolytopeAttack, BullseyePolytopeAttackPyTorch": (
        "adversarial-robustness-toolbox",
        bullseye,
        unit_classification,
    ),
}


def silently(function):
    """Peers print, and ART logs."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        function()


def in_turns(ours, peer, n_rounds):
    """CPU seconds of both, measured one after the other in every round."""
    silently(ours)
    silently(peer)
    rounds = [
        [cpu_seconds(lambda: silently(way)) for way in (ours, peer)]  # noqa: B023
        for _ in range(n_rounds)
    ]
    return np.transpose(rounds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--only", nargs="+", default=[""], metavar="WORD")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    threadpool_limits(1)
    torch.set_num_threads(1)
    logging.disable(logging.WARNING)
    print(f"{cpu_model()}, torch {torch.__version__}\n")
    print("| work | peer | rows | skpoison, s | peer, s | least | median |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for work, (name, make, make_data) in WORK.items():
        if not any(word in f"{name} {work}" for word in options.only):
            continue
        for n in options.rows:
            ours, theirs = in_turns(*make(make_data(n)), options.rounds)
            ratios = theirs / ours
            print(
                f"| {work} | {name} {version(name)} | {n} | {median(ours):.3g} | "
                f"{median(theirs):.3g} | {ratios.min():.2f} | {median(ratios):.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
