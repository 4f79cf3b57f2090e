"""What must not be told: personal traces in logs, and counts so small they name someone."""
