"""Automated auditors: they see exactly the probes that a person sees, through the same door."""
