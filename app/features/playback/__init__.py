"""Playback: transport controls and speed."""
