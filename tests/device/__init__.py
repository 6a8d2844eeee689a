"""One command for a machine with an accelerator: the same numbers as on the processor, and how fast."""
