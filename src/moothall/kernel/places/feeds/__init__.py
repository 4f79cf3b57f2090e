"""What the Office for National Statistics publishes about areas and postcodes."""
