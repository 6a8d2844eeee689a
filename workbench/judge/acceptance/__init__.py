"""Taking a case in: whether it could be judged, before it is countersigned and anybody is let at it."""
