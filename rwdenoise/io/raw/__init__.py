"""Camera RAW files and DNG."""
