"""Denoise photos in memory: the denoiser, the diffusion and its samplers, and the controls."""
