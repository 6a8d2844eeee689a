"""Ways to look, each of one kind of question: what an auditor asks, and what it takes the answers to point at."""
