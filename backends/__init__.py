"""How a model is run: one contract, several engines behind it."""
