"""The feature playback."""
