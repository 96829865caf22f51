"""What the two papers show, and what of it has no counterpart here."""

DE_POIS, DEEP_KNN = "De-Pois", "Deep k-NN"
PAPERS = {
    DE_POIS: [
        *(f"table {number}" for number in ("I", "II", "III", "IV", "V")),
        *(f"figure {number}" for number in range(1, 14)),
    ],
    DEEP_KNN: [
        *(f"table {number}" for number in (1, 2)),
        *(f"figure {number}" for number in range(1, 5)),
    ],
}
NOT_MEASURED = {
    (DE_POIS, "figure 1"): "A drawing of what an attack does: nothing is measured.",
    (DE_POIS, "figure 2"): "A drawing of the method: nothing is measured.",
    (DE_POIS, "figure 12"): (
        "CIFAR-100 beside CIFAR-10: it is not among the data sets, and digits stand "
        "for images in the other figures."
    ),
    (DEEP_KNN, "figure 1"): "A drawing of the method: nothing is measured.",
}
