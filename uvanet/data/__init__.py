"""Data sets with human gaze, one module per layout, and synthetic motion made from them."""
