"""Where open data that no other service reads comes from."""
