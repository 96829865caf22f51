"""The figures of the paper."""

# Tables 1 and 2 of the paper: AlexNet, 50 poisons; eight networks, 5 poisons.
PAPER = {
    ("many", "cifar10"): {
        "*Deep k-NN, k = 5000, the paper*": ["799/800", "0.6 %", "", "100 %", ".746"],
        "*L2 centroid, 1 %, the paper*": ["395/800", "1.0 %", "", "50 %", ".746"],
        "*one-class SVM, the paper*": ["168/800", "1.0 %", "", "37.5 %", ".745"],
        "*random eviction, the paper*": ["84/800", "10.0 %", "", "12.5 %", ".745"],
    },
    ("tables", "cifar10", "convex polytope"): {
        "*Deep k-NN, the paper*": ["510/510", "4.3 %", "", "100 %", ".939"],
        "*L2 centroid, the paper*": ["509/510", "9.1 %", "", "99.0 %", ".934"],
        "*one-class SVM, the paper*": ["114/510", "7.1 %", "", "29.9 %", ".917"],
        "*random eviction, the paper*": ["47/510", "10.0 %", "", "33.2 %", ".913"],
        "*adversarial training, the paper*": ["-", "-", "", "98.6 %", ".852"],
    },
}
