"""Table I of De-Pois: which defenses the literature calls effective against what."""

# By the names of the paper.
DEFENSES = {
    "Deep k-NN": "Deep k-NN, k = 15",
    "CD": "sphere and slab",
    "DUTI": "DUTI",
    "TRIM": "TRIM",
    "Sever": "Sever",
    "De-Pois": "De-Pois",
}
# Our attack, and a tick for each of the defenses. Clean-label poison (TCL), where Deep
# k-NN and De-Pois have ticks, is aimed at features of a network: it has no line here.
ATTACKS = {
    "pGAN": ("pGAN", "○✓○○○✓"),
    "LF": ("far flips", "○✓✓○✓✓"),
    "R": ("OptP", "○○✓✓✓✓"),
}
