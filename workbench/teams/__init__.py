"""Many verified logs side by side: what came of them, what it took, and what was seen and not said."""
