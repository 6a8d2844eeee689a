"""The transformers engine: a local checkpoint behind the model contract."""
