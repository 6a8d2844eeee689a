"""The team's desk: many exported logs beside each other, and any of them to be read."""
