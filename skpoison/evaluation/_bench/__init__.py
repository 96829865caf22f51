"""Any attack against any defense: the cells of the bench, and where they are kept."""
