"""The audit log, live."""
