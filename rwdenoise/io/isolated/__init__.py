"""Read untrusted files in a separate process."""
