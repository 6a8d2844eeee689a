"""What is sealed in a case, or became known of it later, and whether it can be believed."""
