"""Label flips on Fourclass: table III and figures 5 to 7 of De-Pois."""
