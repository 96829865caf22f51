"""Everything that computes on a device: the same there as on the CPU, and how fast."""
