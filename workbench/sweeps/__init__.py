"""Many audits by one plan: organisms × restrictions × auditors × seeds, run, judged as people are, and compared."""
