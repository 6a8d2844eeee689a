"""Who vouches for a session: the judge's ticket, the receipts of witnesses, and what they remember."""
