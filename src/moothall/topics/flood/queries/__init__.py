"""Questions other code may ask about rivers and floods. Reads only."""
