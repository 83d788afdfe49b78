"""Simulate a camera: test scenes, and RAW photos of them with and without noise."""
