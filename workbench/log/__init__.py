"""The audit log on this machine: its records, where they are stored, and how they are read."""
