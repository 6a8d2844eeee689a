"""What a verification looks at and what it found: of a case, an exported log, a report, a ticket, a verdict."""
