"""Making a case: from a model on disk, a specification, rules and what is known of it to what is sealed."""
