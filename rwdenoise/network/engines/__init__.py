"""Engines that run the network: PyTorch or OpenVINO, on a CPU or a GPU."""
