"""The judge's desk: a handed-in log verified, replayed, held against the truth, and its verdict."""
