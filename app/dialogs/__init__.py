"""Windows beside the window; none of them blocks it."""
