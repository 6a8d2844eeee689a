"""Who signs and who may open: identities, and the signed envelope that every document travels in."""
