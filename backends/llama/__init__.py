"""The llama.cpp engine: a GGUF model behind the model contract."""
