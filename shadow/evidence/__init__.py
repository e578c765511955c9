"""Which pairs count as evidence, and how much they prove."""
