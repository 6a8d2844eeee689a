"""The verdict: the whole way to it, what signs it, what follows it, and how it is read."""
