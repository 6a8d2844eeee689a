"""From records to evidence: what was observed, what stands, and how strong the log says it is."""
