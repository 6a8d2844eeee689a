"""What was recorded, asked again: whether the answers are those that the model gives."""
