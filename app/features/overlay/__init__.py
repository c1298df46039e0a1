"""Overlay: style of the heat map."""
