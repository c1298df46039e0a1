"""The feature overlay."""
