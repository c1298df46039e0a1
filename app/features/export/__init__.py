"""Export: clips of files, recordings of live sources."""
