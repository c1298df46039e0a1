"""What runs a trained network. Never imports torch at the top."""
