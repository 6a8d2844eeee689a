"""Signed single files, as far as custody must read them: reports and verdicts."""
