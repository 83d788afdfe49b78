"""Photos as files: reading camera RAW, writing DNG and developed pictures, carrying the metadata across."""
