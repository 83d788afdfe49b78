"""Measure quality and speed against the truth and against other denoisers; one command for each."""
