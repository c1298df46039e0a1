"""The feature diagnostics."""
