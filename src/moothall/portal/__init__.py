"""Pages made of many services. Knows services only through the registry."""
