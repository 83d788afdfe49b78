"""Denoise files: one photo, many photos, photos on a cluster, and layers of an editor."""
