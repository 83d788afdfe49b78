"""A simulated camera, scenes for it, and RAW photos with a known truth."""
