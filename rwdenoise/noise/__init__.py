"""Measure the noise of a photo, and check what a denoiser removed."""
