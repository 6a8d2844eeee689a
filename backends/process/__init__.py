"""An engine in a confined process of its own, and the wire to it."""
