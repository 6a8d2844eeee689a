"""A model of its real size: what it takes beside llama-cpp-python, and whether it is read right. Only when asked."""
