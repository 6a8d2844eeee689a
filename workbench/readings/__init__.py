"""What several probes read alike: of texts, of candidates, of layers, and what they hold it against."""
