"""What is published about deprivation."""
