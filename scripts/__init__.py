"""Commands for development, called by `make` or by hand."""
