"""The attacker's shop: makes model organisms from seeds. The one place in the workbench that trains anything."""
