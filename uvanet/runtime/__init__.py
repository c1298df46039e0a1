"""Engines that run a trained network. Only `torch_engine` imports torch."""
