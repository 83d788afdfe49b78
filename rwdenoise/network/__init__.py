"""The U-Net, its weights, and the engines that run it."""
