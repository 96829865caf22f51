"""Adversarial label flips that tilt the weight vector (Biggio et al. 2011)."""

import numpy as np

N_TRIALS = 20
_SCORE_WEIGHT = 0.1


def tilt_flips(svm, signs, n_flips, trials, random_state):
    """The flips, of 20 random trials, that turn the weight vector the most.

    Each trial prefers rows that are no support vectors, far on their side of the clean
    machine and of a random one. Their flips make new support vectors.
    """
    clean = svm.fit(signs)
    preference = np.abs(clean.dual) / svm.C
    preference -= _SCORE_WEIGHT * _scaled(signs * svm.decide(clean))
    duals = random_state.uniform(0, svm.C, (len(signs), N_TRIALS)) * signs[:, None]
    intercepts = random_state.uniform(-svm.C, svm.C, N_TRIALS)
    # The scores of all random machines are one matrix product.
    random_scores = signs[:, None] * (svm.kernel.product(duals) + intercepts)

    clean_weights = svm.kernel.product(clean.dual)
    smallest, flips = np.inf, np.arange(0)
    for trial in trials:
        scores = random_scores[:, trial]
        order = np.argsort(preference - _SCORE_WEIGHT * _scaled(scores), kind="stable")
        flipped = signs.copy()
        flipped[order[:n_flips]] *= -1
        dual = svm.fit(flipped).dual
        length = np.sqrt(max(dual @ svm.kernel.product(dual), 0.0))
        # Up to the length of the clean weight vector, which all trials share.
        cosine = dual @ clean_weights / length if length > 0 else 0.0
        if cosine < smallest:
            smallest, flips = cosine, order[:n_flips]
    return flips


def _scaled(scores):
    largest = np.abs(scores).max()
    return scores / largest if largest > 0 else scores
