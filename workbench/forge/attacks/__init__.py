"""The attacks, one in each file."""
