"""Datasets with places, as features: what the standard API gives, and what its tiles draw."""
