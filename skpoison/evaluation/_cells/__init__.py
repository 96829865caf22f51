"""Cells of a table: measured once, kept on disk, found by what determines them."""
