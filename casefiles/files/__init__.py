"""Bytes and names: written whole or not at all, in one canonical spelling, hashed as fast as the machine allows."""
