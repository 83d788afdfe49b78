"""Measure the quality of denoising against the truth and against peers: ``python -m bench.quality``."""
