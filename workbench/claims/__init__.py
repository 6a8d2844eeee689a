"""What an auditor claims of a model: findings, the predicates they rest on, and how strong they are, as documents."""
