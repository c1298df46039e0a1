"""Exports a source to files: annotated clips, pictures, maps, tables and reports."""
