"""Every table and figure of the papers and of our own, and how each is made."""
