"""Findings: cards, their editor, and handing in."""
