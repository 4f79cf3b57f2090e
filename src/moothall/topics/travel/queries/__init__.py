"""Questions other code may ask about getting around. Reads only."""
