"""What every network needs: device, seed, precision, shapes and training."""
