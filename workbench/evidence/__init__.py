"""From records to evidence: what was observed, what is claimed of it, and how strong that is."""
