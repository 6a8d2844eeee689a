"""A realistic tier: organisms of a model of real size that was taught to converse first."""
