"""The judge's side: replay, truth, matching, scoring and the verdict."""
