"""Cameras: reconnection and formats."""
