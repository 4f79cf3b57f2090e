"""Questions other code may ask about the air. Reads only."""
