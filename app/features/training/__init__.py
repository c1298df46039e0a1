"""Training: adapting a student to a scene, or training one on a folder."""
