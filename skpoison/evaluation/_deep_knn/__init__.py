"""Clean-label poison: tables 1 and 2 and figures 2 to 4 of the Deep k-NN paper."""
