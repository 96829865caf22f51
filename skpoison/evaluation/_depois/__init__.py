"""De-Pois: tables II to V and figures 3 to 13 of its paper."""
