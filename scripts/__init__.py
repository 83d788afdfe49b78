"""The commands behind `make` that are more than a line of shell."""
