"""Accuracy of models against human gaze. Only `branches` imports torch."""
