"""The finding report: what it says, how it looks, and how it is handed in."""
