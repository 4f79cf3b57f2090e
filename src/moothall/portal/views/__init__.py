"""HTTP in, one question to the house, HTTP out."""
