"""The feature view."""
