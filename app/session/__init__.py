"""The live session: source, model, teacher and playback state, and what is painted."""
