"""The one door to the model: rules, session, engines, and who passes through."""
