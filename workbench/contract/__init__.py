"""What a probe is and gives, and how what it gave is checked."""
