"""The audit itself: rules, probes, the door, the log, findings, judging. No Qt, no engine."""
