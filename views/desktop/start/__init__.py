"""The first window: what to open, and as whom."""
