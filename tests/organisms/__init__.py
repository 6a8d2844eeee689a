"""Organisms for stories: what each attack adds to the clean demo's weights, kept as small products and merged anew."""
