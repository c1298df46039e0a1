"""Virtual camera: the picture as a camera of other programs."""
