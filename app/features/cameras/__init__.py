"""The feature cameras."""
