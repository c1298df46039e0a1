"""What runs a trained network. Only `torch_engine` imports torch; nothing imports it at the top."""
