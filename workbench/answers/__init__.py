"""How answers are drawn from a model, told, and drawn again from what was recorded."""
