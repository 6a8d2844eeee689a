"""An audit log as it crosses a trust boundary: records, the ledger over them, and their export."""
