"""Engines that run a trained network. Only `torch_engine` and `branch_engine` import torch."""
