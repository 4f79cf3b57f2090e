"""Pages for officers: how the feeds do."""
