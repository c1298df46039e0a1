"""Engines that run trained networks. Only `torch_engine` imports torch."""
