"""Asking: the form of a probe, the room it stands in, and what runs it."""
