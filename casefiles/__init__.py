"""What crosses a trust boundary: bundles, signatures, seals, the ledger, exports."""
