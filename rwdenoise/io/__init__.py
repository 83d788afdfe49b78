"""Read and write photo files: camera RAW, DNG, developed pictures, and their metadata."""
