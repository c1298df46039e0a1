"""From a source to files: annotated clips, pictures, maps and tables."""
