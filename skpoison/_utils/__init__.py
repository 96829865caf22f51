"""What every package may use: parameters, rows, targets, folds, margins."""
