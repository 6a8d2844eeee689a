"""Attacks on somebody's own model: the forge's recipes, taught by a LoRA in the model's own chat format."""
