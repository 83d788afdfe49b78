"""The denoising network (a U-Net), its weights files, and the engines that run it."""
