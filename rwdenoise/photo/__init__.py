"""What a photo is in memory: mosaic or pixels, filters, color, noise profile, areas and tiles."""
