"""The feature snapshots."""
