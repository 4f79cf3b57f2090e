"""Messages leave after the transaction that caused them, once, and are tried again if they fail."""
