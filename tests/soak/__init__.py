"""The windows under a load that no audit has, and closed in the middle of everything: nothing is lost."""
