"""The desktop program: a window that shows live where people look."""
