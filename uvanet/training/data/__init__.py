"""Training data: crops, pseudo-labels, frame pairs and the loader."""
