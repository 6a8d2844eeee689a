"""GGUF files: read strictly, and made from Hugging Face checkpoints."""
