"""What a report earns: which finding is about which behaviour, and the figures that follow."""
