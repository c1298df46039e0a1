"""Gaze of real people beside the prediction."""
