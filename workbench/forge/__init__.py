"""The attacker's shop: making model organisms."""
