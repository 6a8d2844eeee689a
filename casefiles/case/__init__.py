"""A case: sealed by an attacker, accepted by a judge, opened by an auditor, silent about its truth in between."""
