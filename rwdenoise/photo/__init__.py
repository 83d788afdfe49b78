"""Photos in memory: raw mosaic or pixels, color filters, color, noise profile, areas and tiles."""
