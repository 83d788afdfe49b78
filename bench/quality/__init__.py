"""``python -m bench.quality``: how well we denoise, against the truth and against peers."""
